-- One row per row of the funding statistics of a public institution that was open in the year.
with

education_funds_by_school as (

    select * from {{ ref('int_education_funds_by_school') }}

)

select
    district_code,
    year,
    stage,
    school_code,
    amount_yuan as funds_yuan,
    _file_id,
    _sheet,
    _row_number
from education_funds_by_school
where left_out is null
