-- One row per payment of class 205 that belongs to one stage and goes to a unit that is not
-- private: what stands over the pupils of public schools.
with

payments_to_stages as (

    select * from {{ ref('int_payments_to_stages') }}

)

select
    district_code,
    year,
    stage,
    amount_yuan as stage_payments_yuan,
    _file_id,
    _sheet,
    _row_number
from payments_to_stages
where left_out is null
