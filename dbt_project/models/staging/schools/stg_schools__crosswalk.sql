with

crosswalk as (

    select * from {{ source('schools', 'crosswalk') }}

)

select
    district_code,
    school_code,
    id_kind,
    id_value,
    valid_from,
    valid_to,
    _file_id,
    _sheet,
    _row_number
from crosswalk
