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
    is_boarder,
    has_special_needs,
    _file_id,
    _sheet,
    _row_number
from students
