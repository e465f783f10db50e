with

staff as (

    select * from {{ source('staffing', 'staff') }}

)

select
    district_code,
    period,
    cast(substr(period, 1, 4) as int) as year,
    staff_id,
    school_code,
    post,
    stage,
    subject,
    entered_on,
    left_on,
    _file_id,
    _sheet,
    _row_number
from staff
