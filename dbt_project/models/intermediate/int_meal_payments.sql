-- One row per payment under a project of 营养改善, of whatever unit and kind of money.
with

payments_by_purpose as (

    select * from {{ ref('int_payments_by_purpose') }}

)

select
    district_code,
    year,
    amount_yuan as meals_paid_yuan,
    _file_id,
    _sheet,
    _row_number
from payments_by_purpose
where left_out is null and funds_kind = 'meals'
