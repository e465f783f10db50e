-- One row per pupil of a public institution and calendar year: eight months of the school year
-- that began the year before, four of the one that begins in it. A year of which a census is
-- missing has no rows: a third of an average is none.
with

enrolments as (

    select * from {{ ref('int_enrolments') }}

),

sources_in_force as (

    select * from {{ ref('int_sources_in_force') }}

),

terms as (

    select * from {{ ref('terms') }}

),

years as (

    select
        this_census.district_code,
        this_census.year
    from sources_in_force as this_census
    inner join sources_in_force as last_census
        on
            this_census.district_code = last_census.district_code
            and this_census.source = last_census.source
            and this_census.year - 1 = last_census.year
    where this_census.source = 'schools.students'

)

select
    enrolments.district_code,
    enrolments.census_year + terms.census_years_before as year,
    enrolments.stage,
    cast(terms.student_months as bigint) as student_months,
    enrolments._file_id,
    enrolments._sheet,
    enrolments._row_number
from enrolments
cross join terms
inner join years
    on
        enrolments.district_code = years.district_code
        and enrolments.census_year + terms.census_years_before = years.year
where enrolments.is_public
