with

waivers as (

    select * from {{ source('registers', 'waivers') }}

)

select
    district_code,
    period,
    number,
    source,
    of_period,
    rule,
    column_name,
    unit,
    file,
    sheet,
    row,
    reason,
    owner,
    valid_from,
    expires_on,
    _file_id,
    _sheet,
    _row_number
from waivers
