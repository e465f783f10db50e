-- One row per landed payment: the stage of its function code, and why it counts in no payment of
-- class 205 (教育支出), if it does not. General budget money alone counts: what comes from
-- 财政专户, government funds or a unit's own income is no 一般公共预算. A code that no list knows
-- leaves in doubt whether the payment counts.
with

payments as (

    select * from {{ ref('stg_finance__payments') }}

),

natures as (

    select * from {{ ref('int_natures_of_payments') }}

),

function_classes as (

    select * from {{ ref('function_classes') }}

),

function_205 as (

    select * from {{ ref('function_205') }}

),

function_stages as (

    select * from {{ ref('function_stages') }}

),

looked_up as (

    select
        payments.*,
        function_stages.stage,
        substr(payments.function_code, 1, 3) as class_code,
        function_classes.class_code is not null as is_known_class,
        function_205.function_code is not null as is_known_item,
        natures.is_general_budget
    from payments
    left join function_classes
        on substr(payments.function_code, 1, 3) = function_classes.class_code
    left join function_205 on payments.function_code = function_205.function_code
    left join function_stages on payments.function_code = function_stages.function_code
    left join natures on payments.funds_nature = natures.funds_nature

),

judged as (

    select
        *,
        case
            when is_deleted then '已删除'
            when is_known_class and class_code <> '205' then '不是205类支出'
            when not is_general_budget then '资金性质不是一般公共预算'
        end as exclusion,
        case
            when not is_known_class then '支出功能分类不在科目表中'
            when not is_known_item then '205类下没有这个项级科目'
            when is_general_budget is null then '资金性质不明'
            when amount_yuan is null then '没有支付金额'
        end as doubt
    from looked_up

)

select
    district_code,
    period,
    year,
    paid_on,
    unit_code,
    stage,
    cast(amount_yuan as decimal(38, 2)) as amount_yuan,
    coalesce(exclusion, doubt) as left_out,
    exclusion is null and doubt is not null as is_in_doubt,
    -- what the payment may count for: null is any stage
    case when is_known_item then coalesce(stage, 'total') end as member,
    _file_id,
    _sheet,
    _row_number
from judged
