-- One row per notice of funds for school meals (营养改善), by the level of government whose money
-- it is.
with

fund_notices as (

    select * from {{ ref('stg_finance__fund_notices') }}

),

project_purposes as (

    select * from {{ ref('project_purposes') }}

)

select
    fund_notices.district_code,
    fund_notices.year,
    fund_notices.level,
    cast(fund_notices.amount_yuan as decimal(38, 2)) as issued_yuan,
    fund_notices._file_id,
    fund_notices._sheet,
    fund_notices._row_number
from fund_notices
inner join project_purposes on fund_notices.purpose = project_purposes.purpose
where project_purposes.funds_kind = 'meals'
