-- One row per notice of funds for school meals (营养改善) of the compulsory stages, to whatever
-- unit, by the level of government whose money it is.
with

fund_notices_by_unit as (

    select * from {{ ref('int_fund_notices_by_unit') }}

),

stages as (

    select * from {{ ref('stages') }}

)

select
    fund_notices_by_unit.district_code,
    fund_notices_by_unit.year,
    fund_notices_by_unit.level,
    fund_notices_by_unit.amount_yuan as issued_yuan,
    fund_notices_by_unit._file_id,
    fund_notices_by_unit._sheet,
    fund_notices_by_unit._row_number
from fund_notices_by_unit
left join stages on fund_notices_by_unit.stage = stages.stage
where fund_notices_by_unit.funds_kind = 'meals' and coalesce(stages.is_compulsory, true)
