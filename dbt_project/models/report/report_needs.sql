-- One row per indicator, source and year: which deliveries a value rests on.
with

closure as (

    select * from {{ source('landing', 'components') }}

),

measure_needs as (

    select * from {{ source('landing', 'needs') }}

)

select distinct
    closure.indicator_id,
    measure_needs.source,
    case
        when measure_needs.is_standing then 0
        else closure.year_offset + measure_needs.year_offset
    end as year_offset
from closure
inner join measure_needs on closure.component_id = measure_needs.indicator_id
