-- One row per payment of class 205 (教育支出) that was not deleted; the stage by its function code.
with

payments as (

    select * from {{ ref('stg_finance__payments') }}

),

function_stages as (

    select * from {{ ref('function_stages') }}

)

select
    payments.district_code,
    payments.year,
    function_stages.stage,
    cast(payments.amount_yuan as decimal(38, 2)) as payments_yuan,
    payments._file_id,
    payments._sheet,
    payments._row_number
from payments
left join function_stages on payments.function_code = function_stages.function_code
where not payments.is_deleted and substr(payments.function_code, 1, 3) = '205'
