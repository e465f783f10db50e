-- One row per award of student aid: of a student, a programme and a term, at a school that was open
-- in the year.
with

student_aid as (

    select * from {{ ref('stg_finance__student_aid') }}

),

schools as (

    select * from {{ ref('stg_schools__schools') }}

)

select
    district_code,
    year,
    cast(amount_yuan as decimal(38, 2)) as aid_yuan,
    cast(1 as bigint) as awards,
    _file_id,
    _sheet,
    _row_number
from student_aid
where
    exists (
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
