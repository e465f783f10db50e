with

students as (

    select * from {{ source('schools', 'students') }}

)

select
    district_code,
    period,
    cast(substr(period, 1, 4) as int) as census_year,
    school_code,
    stage,
    grade,
    class_no,
    coalesce(is_boarder, false) as is_boarder,
    coalesce(has_special_needs, false) as has_special_needs,
    _file_id,
    _sheet,
    _row_number
from students
