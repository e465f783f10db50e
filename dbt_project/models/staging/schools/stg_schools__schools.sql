with

schools as (

    select * from {{ source('schools', 'schools') }}

)

select
    district_code,
    school_code,
    school_name,
    type_code,
    founder_code,
    area_code,
    managing_school_code,
    merged_into_school_code,
    valid_from,
    valid_to,
    _file_id,
    _sheet,
    _row_number
from schools
