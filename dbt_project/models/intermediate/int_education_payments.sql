-- One row per payment of class 205 (教育支出) from the general public budget that was not deleted;
-- the stage by its function code.
with

payments_by_function as (

    select * from {{ ref('int_payments_by_function') }}

)

select
    district_code,
    year,
    stage,
    amount_yuan as payments_yuan,
    _file_id,
    _sheet,
    _row_number
from payments_by_function
where left_out is null
