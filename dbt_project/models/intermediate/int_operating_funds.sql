-- One row per payment of operating funds to a public school: 公用经费 by stage, and the money for
-- pupils with special needs, which is counted under 特殊教育.
with

payments_by_unit as (

    select * from {{ ref('int_payments_by_unit') }}

)

select
    district_code,
    year,
    school_code,
    stage,
    amount_yuan as operating_yuan,
    _file_id,
    _sheet,
    _row_number
from payments_by_unit
where left_out is null and funds_kind in ('operating', 'special_needs')
