-- One row per payment of class 205 that belongs to one stage, and why it does not stand over the
-- pupils of public schools: its unit is private, or in doubt, because nobody knows whose it is.
with

payments_by_function as (

    select * from {{ ref('int_payments_by_function') }}
    where left_out is null and stage is not null

),

units_on_days as (

    select * from {{ ref('int_units_on_days') }}

),

placed as (

    select
        payments_by_function.*,
        units_on_days.is_public,
        case
            when units_on_days.district_code is null then '没有预算单位'
            else units_on_days.doubt
        end as doubt
    from payments_by_function
    left join units_on_days
        on
            payments_by_function.district_code = units_on_days.district_code
            and payments_by_function.unit_code = units_on_days.unit_code
            and payments_by_function.paid_on = units_on_days.on_day

)

select
    district_code,
    period,
    year,
    unit_code,
    stage,
    amount_yuan,
    case
        when doubt is not null then doubt
        when not is_public then '不是本区公办学校'
    end as left_out,
    doubt is not null as is_in_doubt,
    _file_id,
    _sheet,
    _row_number
from placed
