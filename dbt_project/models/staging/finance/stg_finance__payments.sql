with

payments as (

    select * from {{ source('finance', 'payments') }}

)

select
    district_code,
    period,
    cast(period as int) as year,
    voucher_no,
    paid_on,
    unit_code,
    function_code,
    economic_code,
    project_code,
    funds_nature,
    amount_yuan,
    coalesce(is_deleted, false) as is_deleted,
    _file_id,
    _sheet,
    _row_number
from payments
