with

trainings as (

    select * from {{ source('staffing', 'trainings') }}

)

select
    district_code,
    period,
    -- a span is named by its first and last month: 2019-01..2023-12
    cast(substr(period, 1, 4) as int) as first_year,
    cast(substr(period, 10, 4) as int) as year,
    staff_id,
    course,
    trained_on,
    hours,
    _file_id,
    _sheet,
    _row_number
from trainings
