-- One row per payment of operating funds, the addition for boarders or funds for special needs,
-- with the school to which its unit code leads on the day of payment, and why it is left out: it
-- goes to a private school or to what is no school, or its money is none of the general budget; or
-- in doubt, because a code is unknown or the school keeps no ledger of that stage.
with

payments as (

    select * from {{ ref('int_payments_by_purpose') }}
    where left_out is null and funds_kind in ('operating', 'boarder', 'special_needs')

),

units_on_days as (

    select * from {{ ref('int_units_on_days') }}

),

ledger_stages as (

    select * from {{ ref('int_ledger_stages') }}

),

natures as (

    select * from {{ ref('int_natures_of_payments') }}

),

placed as (

    select
        payments.*,
        units_on_days.school_code,
        units_on_days.is_public,
        units_on_days.type_group,
        natures.is_general_budget,
        case when units_on_days.district_code is null then '没有预算单位' else units_on_days.doubt end
            as unit_doubt,
        exists(
            select 1
            from ledger_stages
            where
                ledger_stages.district_code = payments.district_code
                and ledger_stages.school_code = units_on_days.school_code
                and ledger_stages.stage = payments.stage
                and (
                    ledger_stages.valid_from is null or ledger_stages.valid_from <= payments.paid_on
                )
                and (ledger_stages.valid_to is null or ledger_stages.valid_to >= payments.paid_on)
        ) as runs_stage
    from payments
    left join units_on_days
        on
            payments.district_code = units_on_days.district_code
            and payments.unit_code = units_on_days.unit_code
            and payments.paid_on = units_on_days.on_day
    left join natures on payments.funds_nature = natures.funds_nature

),

judged as (

    select
        *,
        case
            when unit_doubt is null and not is_public then '不是本区公办学校'
            when unit_doubt is null and type_group = 'other' then '不是学校'
            when not is_general_budget then '资金性质不是一般公共预算'
        end as exclusion,
        case
            when unit_doubt is not null then unit_doubt
            when is_general_budget is null then '资金性质不明'
            when funds_kind = 'operating' and not runs_stage then '该校不举办项目的学段'
            when amount_yuan is null then '没有支付金额'
        end as doubt
    from placed

)

select
    district_code,
    period,
    year,
    unit_code,
    school_code,
    funds_kind,
    stage,
    amount_yuan,
    coalesce(exclusion, doubt) as left_out,
    exclusion is null and doubt is not null as is_in_doubt,
    -- what the payment may count for: null is any stage
    case when unit_doubt is not null or runs_stage or funds_kind <> 'operating' then stage end
        as member,
    _file_id,
    _sheet,
    _row_number
from judged
