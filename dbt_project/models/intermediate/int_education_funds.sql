-- One row per row of the funding statistics: 教育事业费 + 基建经费 + 教育费附加.
with

education_funds as (

    select * from {{ ref('stg_finance__education_funds') }}

)

select
    district_code,
    year,
    stage,
    school_code,
    cast(staff_yuan + operating_yuan + construction_yuan + surcharge_yuan as decimal(38, 2))
        as funds_yuan,
    _file_id,
    _sheet,
    _row_number
from education_funds
