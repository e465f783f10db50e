-- One row per public school or teaching point, year, term, stage and file of its pupils: for how
-- many pupils and boarders operating funds are owed. Spring rests on the census before, autumn on
-- this year's.
-- The floor comes first, then pupils with special needs are taken out; they are counted under
-- 特殊教育. A school without pupils is owed nothing, not the floor. A year of which a census is
-- missing has no rows.
with

enrolments as (

    select * from {{ ref('int_enrolments') }}

),

sources_in_force as (

    select * from {{ ref('int_sources_in_force') }}

),

stages as (

    select * from {{ ref('stages') }}

),

standards_on_days as (

    select * from {{ ref('int_standards_on_days') }}

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

),

by_file as (

    select
        district_code,
        census_year,
        school_code,
        ledger_school_code,
        stage,
        _file_id,
        cast(count(*) as bigint) as students,
        cast(sum(case when has_special_needs then 1 else 0 end) as bigint)
            as special_needs_students,
        cast(sum(case when is_boarder then 1 else 0 end) as bigint) as boarders
    from enrolments
    where is_public
    group by district_code, census_year, school_code, ledger_school_code, stage, _file_id

),

-- The floor is one per school and stage, in however many files its pupils came: what is added for
-- it stands with the first of them.
counted as (

    select
        *,
        sum(students) over (
            partition by district_code, census_year, school_code, ledger_school_code, stage
        ) as students_of_school,
        row_number() over (
            partition by district_code, census_year, school_code, ledger_school_code, stage
            order by _file_id
        ) as file_place
    from by_file

),

by_term as (

    select
        counted.district_code,
        years.year,
        terms.term,
        counted.school_code,
        counted.ledger_school_code,
        counted.stage,
        counted._file_id,
        counted.students,
        counted.students_of_school,
        counted.file_place,
        coalesce(stages.is_compulsory, false) and counted.stage <> '特殊教育' as has_floor,
        case
            when counted.stage = '特殊教育' then counted.students
            when stages.is_compulsory then counted.special_needs_students
            else 0
        end as special_needs_students,
        counted.boarders,
        cast(floors.value as bigint) as floor_students
    from counted
    cross join terms
    inner join years
        on
            counted.district_code = years.district_code
            and counted.census_year + terms.census_years_before = years.year
    left join stages on counted.stage = stages.stage
    left join standards_on_days as floors
        on
            years.district_code = floors.district_code
            and years.year = floors.year
            and terms.term = floors.day_kind
            and floors.standard_id = 'small_school_floor'
            and floors.stage = 'total'

),

with_floor as (

    select
        *,
        case
            when has_floor and students_of_school < floor_students and file_place = 1
                then students + floor_students - students_of_school
            else students
        end as base_students
    from by_term

),

by_stage as (

    select
        district_code,
        year,
        term,
        school_code,
        ledger_school_code,
        stage,
        base_students - special_needs_students as funded_students,
        case when has_floor then boarders else 0 end as boarders,
        _file_id
    from with_floor
    where stage <> '特殊教育'
    union all
    select
        district_code,
        year,
        term,
        school_code,
        ledger_school_code,
        '特殊教育' as stage,
        special_needs_students as funded_students,
        0 as boarders,
        _file_id
    from with_floor
    where special_needs_students > 0

)

select
    district_code,
    year,
    term,
    school_code,
    ledger_school_code,
    stage,
    cast(sum(funded_students) as bigint) as funded_half_years,
    cast(sum(boarders) as bigint) as boarder_half_years,
    _file_id
from by_stage
group by district_code, year, term, school_code, ledger_school_code, stage, _file_id
