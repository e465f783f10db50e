-- One row per source table and year of which a delivery is in force; a standing list serves every
-- year. What counts something that several deliveries make up asks here whether all are there:
-- half of them would give a number, and a wrong one.
with

years as (

    select * from {{ ref('int_years') }}

),

source_status as (

    select * from {{ source('landing', 'source_status') }}

)

select distinct
    source_status.district_code,
    source_status.source,
    years.year
from source_status
inner join years
    on
        source_status.district_code = years.district_code
        and (
            source_status.period = 'standing'
            or source_status.evaluation_year + source_status.year_offset = years.year
        )
where source_status.is_in_force
