-- One row per payment under a project of school meals (营养改善) or of security (安保).
with

payments_by_purpose as (

    select * from {{ ref('int_payments_by_purpose') }}

)

select
    district_code,
    year,
    case when funds_kind = 'meals' then amount_yuan end as meals_paid_yuan,
    case when funds_kind = 'security' then amount_yuan end as security_paid_yuan,
    _file_id,
    _sheet,
    _row_number
from payments_by_purpose
where funds_kind in ('meals', 'security')
