-- One row per notice of funds that count towards the entitlement of a school; a notice without a
-- school is listed in int_unmatched_units.
with

fund_notices_by_unit as (

    select * from {{ ref('int_fund_notices_by_unit') }}

)

select
    district_code,
    year,
    school_code,
    amount_yuan as allocated_yuan,
    _file_id,
    _sheet,
    _row_number
from fund_notices_by_unit
where school_code is not null
