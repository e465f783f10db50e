-- One row per primary or secondary school open at the end of the year; teaching points are none.
with

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}

)

select
    district_code,
    year,
    school_code,
    cast(1 as bigint) as schools,
    _file_id,
    _sheet,
    _row_number
from schools_on_days
where day_kind = 'year_end' and type_group = 'primary_or_secondary'
