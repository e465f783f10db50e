-- One row per row of a finance source of which nobody knows whether it counts, or how much, and
-- fact that it may belong to, with the reason. The member says which values it may belong to: null
-- is any. An empty cell is no 0: what is known of the row counts, what is missing has no amount.
with

payments_in_doubt as (

    select * from {{ ref('int_payments_in_doubt') }}

),

fund_notices_by_unit as (

    select * from {{ ref('int_fund_notices_by_unit') }}

),

education_funds_by_school as (

    select * from {{ ref('int_education_funds_by_school') }}

)

select
    district_code,
    'finance.payments' as source,
    period,
    fact,
    unit_code as unit,
    member,
    amount_yuan as amount,
    left_out as reason,
    _file_id,
    _sheet,
    _row_number
from payments_in_doubt
union all
select
    district_code,
    'finance.fund_notices' as source,
    period,
    'int_school_entitlements' as fact,
    unit_code as unit,
    cast(null as string) as member,
    amount_yuan as amount,
    left_out as reason,
    _file_id,
    _sheet,
    _row_number
from fund_notices_by_unit
where is_in_doubt
union all
select
    district_code,
    'finance.fund_notices' as source,
    period,
    'int_meal_funds' as fact,
    unit_code as unit,
    level as member,
    amount_yuan as amount,
    left_out as reason,
    _file_id,
    _sheet,
    _row_number
from fund_notices_by_unit
where is_in_doubt and funds_kind is null
union all
select
    district_code,
    'finance.fund_notices' as source,
    period,
    'int_meal_funds' as fact,
    unit_code as unit,
    level as member,
    amount_yuan as amount,
    case when amount_yuan is null then '没有下达金额' else '没有写明资金级次' end as reason,
    _file_id,
    _sheet,
    _row_number
from fund_notices_by_unit
where funds_kind = 'meals' and (amount_yuan is null or level is null)
union all
select
    district_code,
    'finance.education_funds' as source,
    period,
    'int_education_funds' as fact,
    school_code as unit,
    member,
    amount_yuan as amount,
    left_out as reason,
    _file_id,
    _sheet,
    _row_number
from education_funds_by_school
where is_in_doubt
union all
select
    district_code,
    'finance.education_funds' as source,
    period,
    'int_education_funds' as fact,
    school_code as unit,
    member,
    cast(null as decimal(38, 2)) as amount,
    '经费各格有空白' as reason,
    _file_id,
    _sheet,
    _row_number
from education_funds_by_school
where left_out is null and has_blank_amount
