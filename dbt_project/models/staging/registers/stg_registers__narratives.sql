with

narratives as (

    select * from {{ source('registers', 'narratives') }}

)

select
    district_code,
    period,
    item,
    paragraph,
    text,
    office,
    written_on,
    answered_by,
    _file_id,
    _sheet,
    _row_number
from narratives
