-- One row per notice of funds that count towards the entitlement of a school.
with

fund_notices_by_unit as (

    select * from {{ ref('int_fund_notices_by_unit') }}

)

select
    district_code,
    year,
    school_code,
    funds_kind,
    amount_yuan as allocated_yuan,
    _file_id,
    _sheet,
    _row_number
from fund_notices_by_unit
where left_out is null
