-- One row per payment of the addition to operating funds for boarders to a public school.
with

payments_by_unit as (

    select * from {{ ref('int_payments_by_unit') }}

)

select
    district_code,
    year,
    school_code,
    amount_yuan as boarder_yuan,
    _file_id,
    _sheet,
    _row_number
from payments_by_unit
where left_out is null and funds_kind = 'boarder'
