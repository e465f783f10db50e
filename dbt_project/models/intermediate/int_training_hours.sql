-- One row per training of somebody in post, within the five years that end with the year.
with

trainings as (

    select * from {{ ref('stg_staffing__trainings') }}

),

staff_in_post as (

    select * from {{ ref('int_staff_in_post') }}

)

select
    trainings.district_code,
    trainings.year,
    trainings.staff_id,
    trainings.hours as training_hours,
    extract(year from trainings.trained_on) = trainings.year as is_in_year,
    trainings._file_id,
    trainings._sheet,
    trainings._row_number
from trainings
inner join staff_in_post
    on
        trainings.district_code = staff_in_post.district_code
        and trainings.year = staff_in_post.year
        and trainings.staff_id = staff_in_post.staff_id
where
    trainings.trained_on >= make_date(trainings.year - 4, 1, 1)
    and trainings.trained_on <= make_date(trainings.year, 12, 31)
