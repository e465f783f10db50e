with

counselling_rooms as (

    select * from {{ source('registers', 'counselling_rooms') }}

)

select
    district_code,
    period,
    cast(substr(period, 1, 4) as int) as year,
    school_code,
    school_name,
    is_in_task_list,
    in_use_since,
    inspection,
    is_to_be_merged,
    _file_id,
    _sheet,
    _row_number
from counselling_rooms
