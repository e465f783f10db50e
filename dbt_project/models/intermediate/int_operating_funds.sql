-- One row per payment of operating funds to a school: 公用经费 by stage, the addition for boarders,
-- and the money for pupils with special needs, which is counted under 特殊教育.
with

payments_by_unit as (

    select * from {{ ref('int_payments_by_unit') }}

)

select
    district_code,
    year,
    school_code,
    case when funds_kind = 'special_needs' then '特殊教育' else stage end as stage,
    case when funds_kind in ('operating', 'special_needs') then amount_yuan end as operating_yuan,
    case when funds_kind = 'boarder' then amount_yuan end as boarder_yuan,
    _file_id,
    _sheet,
    _row_number
from payments_by_unit
where school_code is not null
