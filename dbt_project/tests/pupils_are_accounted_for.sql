-- What: the landed pupils of a census are student-months of two years (four and eight each)
--   and funded pupils of two terms, but for those of private schools, those that
--   int_unmatched_units lists, and years of which a census is missing. Funded pupils are the
--   pupils and what the floor adds, whether they stand under their stage or under 特殊教育.
-- When it matters: nine pupils more or fewer turn a growth of 0.06 % around.
-- To resolve: the row says which year, term or months, and stage; compare the join of
--   int_enrolments with the library, then the fact named.
with

landed as (

    select
        district_code,
        cast(substr(period, 1, 4) as int) as census_year,
        school_code,
        stage,
        cast(count(*) as bigint) as pupils,
        cast(sum(case when is_boarder then 1 else 0 end) as bigint) as boarders
    from {{ source('schools', 'students') }}
    group by district_code, period, school_code, stage

),

public_schools as (

    select
        district_code,
        year,
        school_code
    from {{ ref('int_schools_on_days') }}
    where day_kind = 'census' and is_public

),

private_schools as (

    select
        district_code,
        year,
        school_code
    from {{ ref('int_schools_on_days') }}
    where day_kind = 'census' and not is_public

),

unmatched as (

    select
        district_code,
        cast(substr(period, 1, 4) as int) as census_year,
        member as stage,
        cast(count(*) as bigint) as pupils
    from {{ ref('int_unmatched_units') }}
    where fact = 'int_student_months'
    group by district_code, period, member

),

census_years as (

    select distinct
        district_code,
        census_year
    from landed

),

complete_years as (

    select
        this_census.district_code,
        this_census.census_year as year
    from census_years as this_census
    inner join census_years as last_census
        on
            this_census.district_code = last_census.district_code
            and this_census.census_year - 1 = last_census.census_year

),

parts as (

    select
        census_years_before as years_before,
        student_months as months,
        term
    from {{ ref('terms') }}

),

all_counted as (

    select
        landed.district_code,
        landed.census_year,
        landed.stage,
        cast(sum(landed.pupils) as bigint) as pupils,
        cast(sum(case when private_schools.year is null then 0 else landed.pupils end) as bigint)
            as private_pupils
    from landed
    left join private_schools
        on
            landed.district_code = private_schools.district_code
            and landed.census_year = private_schools.year
            and landed.school_code = private_schools.school_code
    group by landed.district_code, landed.census_year, landed.stage

),

months_expected as (

    select
        complete_years.district_code,
        complete_years.year,
        parts.months,
        all_counted.stage,
        all_counted.pupils - all_counted.private_pupils - coalesce(unmatched.pupils, 0) as pupils
    from complete_years
    cross join parts
    inner join all_counted
        on
            complete_years.district_code = all_counted.district_code
            and complete_years.year - parts.years_before = all_counted.census_year
    left join unmatched
        on
            all_counted.district_code = unmatched.district_code
            and all_counted.census_year = unmatched.census_year
            and all_counted.stage = unmatched.stage

),

months_found as (

    select
        district_code,
        year,
        student_months as months,
        stage,
        cast(count(*) as bigint) as pupils
    from {{ ref('int_student_months') }}
    group by district_code, year, student_months, stage

),

-- 特殊教育 stands in another stage before the floor, so the stages are added up
funded_expected as (

    select
        complete_years.district_code,
        complete_years.year,
        parts.term,
        cast(
            sum(
                case
                    when
                        landed.stage in ('普通小学', '普通初中')
                        and landed.pupils < coalesce(floors.value, 0)
                        then floors.value
                    else landed.pupils
                end
            ) as bigint
        ) as pupils,
        cast(
            sum(case when landed.stage in ('普通小学', '普通初中') then landed.boarders else 0 end)
            as bigint
        ) as boarders
    from complete_years
    cross join parts
    inner join landed
        on
            complete_years.district_code = landed.district_code
            and complete_years.year - parts.years_before = landed.census_year
    inner join public_schools
        on
            landed.district_code = public_schools.district_code
            and landed.census_year = public_schools.year
            and landed.school_code = public_schools.school_code
    left join {{ ref('int_standards_on_days') }} as floors
        on
            complete_years.district_code = floors.district_code
            and complete_years.year = floors.year
            and parts.term = floors.day_kind
            and floors.standard_id = 'small_school_floor'
            and floors.stage = 'total'
    group by complete_years.district_code, complete_years.year, parts.term

),

funded_found as (

    select
        district_code,
        year,
        term,
        cast(sum(funded_half_years) as bigint) as pupils,
        cast(sum(boarder_half_years) as bigint) as boarders
    from {{ ref('int_funded_students') }}
    group by district_code, year, term

),

compared as (

    select
        'int_student_months' as fact,
        coalesce(months_expected.district_code, months_found.district_code) as district_code,
        coalesce(months_expected.year, months_found.year) as year,
        cast(coalesce(months_expected.months, months_found.months) as string) || ' months, '
        || coalesce(months_expected.stage, months_found.stage, '') as part,
        months_expected.pupils as expected,
        months_found.pupils as found
    from months_expected
    full join months_found
        on
            months_expected.district_code = months_found.district_code
            and months_expected.year = months_found.year
            and months_expected.months = months_found.months
            and months_expected.stage = months_found.stage
    union all
    select
        'int_funded_students' as fact,
        coalesce(funded_expected.district_code, funded_found.district_code) as district_code,
        coalesce(funded_expected.year, funded_found.year) as year,
        coalesce(funded_expected.term, funded_found.term) || ', pupils' as part,
        funded_expected.pupils as expected,
        funded_found.pupils as found
    from funded_expected
    full join funded_found
        on
            funded_expected.district_code = funded_found.district_code
            and funded_expected.year = funded_found.year
            and funded_expected.term = funded_found.term
    union all
    select
        'int_funded_students' as fact,
        funded_expected.district_code,
        funded_expected.year,
        funded_expected.term || ', boarders' as part,
        funded_expected.boarders as expected,
        funded_found.boarders as found
    from funded_expected
    left join funded_found
        on
            funded_expected.district_code = funded_found.district_code
            and funded_expected.year = funded_found.year
            and funded_expected.term = funded_found.term

)

select
    fact,
    district_code,
    year,
    part,
    expected,
    found
from compared
where coalesce(expected, 0) <> coalesce(found, 0)
