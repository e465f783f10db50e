-- One row per training record. Those of somebody in post count, within the five years that end with
-- the year.
with

trainings as (

    select * from {{ ref('stg_staffing__trainings') }}

),

staff_in_post as (

    select
        district_code,
        year,
        staff_id,
        max(case when left_out is null then 1 else 0 end) as is_in_post
    from {{ ref('int_staff_in_post') }}
    group by district_code, year, staff_id

),

matched as (

    select
        trainings.*,
        case
            when
                trainings.trained_on < make_date(trainings.first_year, 1, 1)
                or trainings.trained_on > make_date(trainings.year, 12, 31)
                then 'another year'
            when trainings.trained_on is null then 'no date'
            when staff_in_post.staff_id is null then 'unmatched person'
            when staff_in_post.is_in_post = 0 then 'not in post'
        end as left_out
    from trainings
    left join staff_in_post
        on
            trainings.district_code = staff_in_post.district_code
            and trainings.year = staff_in_post.year
            and trainings.staff_id = staff_in_post.staff_id

)

select
    district_code,
    period,
    year,
    staff_id,
    cast(null as string) as school_code,
    left_out,
    case when left_out is null and hours is null then '学时空白' end as in_doubt,
    case when left_out is null then hours end as training_hours,
    extract(year from trained_on) = year as is_in_year,
    _file_id,
    _sheet,
    _row_number
from matched
