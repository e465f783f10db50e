with

guards as (

    select * from {{ source('staffing', 'guards') }}

)

select
    district_code,
    period,
    cast(substr(period, 1, 4) as int) as year,
    school_code,
    school_name,
    guard_id,
    contract_from,
    contract_to,
    fee_yuan,
    _file_id,
    _sheet,
    _row_number
from guards
