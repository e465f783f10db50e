-- One row per school of the library and year: whether it was open on some day of it, whether it
-- was public, and why that is in doubt. Of a row of a whole year nobody knows the day.
with

years as (

    select * from {{ ref('int_years') }}

),

schools as (

    select * from {{ ref('stg_schools__schools') }}

),

founders as (

    select * from {{ ref('founders') }}

),

looked_up as (

    select
        years.district_code,
        years.year,
        schools.school_code,
        founders.is_public,
        (schools.valid_from is null or schools.valid_from <= make_date(years.year, 12, 31))
        and (schools.valid_to is null or schools.valid_to >= make_date(years.year, 1, 1))
            as is_open
    from years
    inner join schools on years.district_code = schools.district_code
    left join founders on schools.founder_code = founders.founder_code

),

counted as (

    select
        district_code,
        year,
        school_code,
        sum(case when is_open then 1 else 0 end) as open_rows,
        sum(case when is_open and is_public then 1 else 0 end) as public_rows,
        sum(case when is_open and not is_public then 1 else 0 end) as private_rows
    from looked_up
    group by district_code, year, school_code

)

select
    district_code,
    year,
    school_code,
    open_rows > 0 as is_open,
    case
        when open_rows > 0 and public_rows = open_rows then true
        when open_rows > 0 and private_rows = open_rows then false
    end as is_public
from counted
