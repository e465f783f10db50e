-- One row per award of student aid: of a student, a programme and a term. It counts at a school
-- that was open in the year.
with

student_aid as (

    select * from {{ ref('stg_finance__student_aid') }}

),

schools as (

    select * from {{ ref('stg_schools__schools') }}

),

matched as (

    select
        *,
        case
            when
                not exists (
                    select 1
                    from schools
                    where
                        schools.district_code = student_aid.district_code
                        and schools.school_code = student_aid.school_code
                        and schools.valid_from <= make_date(student_aid.year, 12, 31)
                        and (
                            schools.valid_to is null
                            or schools.valid_to >= make_date(student_aid.year, 1, 1)
                        )
                )
                then 'school of no day'
        end as left_out
    from student_aid

)

select
    district_code,
    period,
    year,
    school_code,
    left_out,
    cast(null as string) as in_doubt,
    -- of a row that is left out, too: by so much the sum may be short
    cast(amount_yuan as decimal(38, 2)) as amount_yuan,
    cast(case when left_out is null then amount_yuan end as decimal(38, 2)) as aid_yuan,
    cast(case when left_out is null then 1 end as bigint) as awards,
    _file_id,
    _sheet,
    _row_number
from matched
