-- One row per landed payment: what its money is for, by its project on the day of payment, and
-- why it is left out: deleted, or in doubt because nobody knows what it is for.
with

payments as (

    select * from {{ ref('stg_finance__payments') }}

),

projects_on_days as (

    select * from {{ ref('int_projects_on_days') }}

)

select
    payments.district_code,
    payments.period,
    payments.year,
    payments.paid_on,
    payments.unit_code,
    payments.project_code,
    payments.funds_nature,
    projects_on_days.funds_kind,
    projects_on_days.stage,
    cast(payments.amount_yuan as decimal(38, 2)) as amount_yuan,
    case
        when payments.is_deleted then '已删除'
        when projects_on_days.district_code is null then '没有项目编码或支付日期'
        else projects_on_days.doubt
    end as left_out,
    not payments.is_deleted
    and (projects_on_days.district_code is null or projects_on_days.doubt is not null)
        as is_in_doubt,
    payments._file_id,
    payments._sheet,
    payments._row_number
from payments
left join projects_on_days
    on
        payments.district_code = projects_on_days.district_code
        and payments.project_code = projects_on_days.project_code
        and payments.paid_on = projects_on_days.on_day
        and not payments.is_deleted
