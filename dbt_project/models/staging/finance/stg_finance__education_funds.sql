with

education_funds as (

    select * from {{ source('finance', 'education_funds') }}

)

select
    district_code,
    period,
    cast(period as int) as year,
    school_code,
    school_name,
    stage,
    staff_yuan,
    operating_yuan,
    construction_yuan,
    surcharge_yuan,
    _file_id,
    _sheet,
    _row_number
from education_funds
