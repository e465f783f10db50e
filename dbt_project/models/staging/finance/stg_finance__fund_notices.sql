with

fund_notices as (

    select * from {{ source('finance', 'fund_notices') }}

)

select
    district_code,
    period,
    cast(period as int) as year,
    notice_no,
    issued_on,
    purpose,
    fund_level as level,
    stage,
    unit_code,
    amount_yuan,
    _file_id,
    _sheet,
    _row_number
from fund_notices
