-- One row per district and end of a year: primary and secondary schools.
with

schools as (

    select * from {{ ref('int_primary_and_secondary_schools') }}

),

counted_schools as (

    select
        district_code,
        year,
        cast(sum(schools) as bigint) as schools
    from schools
    group by district_code, year

)

select
    counted_schools.district_code,
    counted_schools.year,
    {{ period_of('year_end', 'counted_schools.year') }} as period,
    'total' as dimension,
    'total' as member,
    counted_schools.schools
from counted_schools
