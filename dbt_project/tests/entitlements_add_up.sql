-- What: the entitlements of all schools are what their pupils and boarders of both terms add
--   up to, and the allocations what fund notices handed down, but for schools that the
--   comparison does not take (private, no compulsory stage, not open at the end of the year and
--   without a successor).
--   Every funded pupil of a compulsory stage has a standard and a floor on the day of the term.
-- When it matters: a pupil without a standard lowers what a school is owed, and 5.8 passes
--   wrongly.
-- To resolve: a missing standard is a row of seeds/standards.csv; otherwise look at the school
--   in int_school_entitlements, int_funded_students and int_school_successors.
with

standards as (

    select * from {{ ref('int_standards_on_days') }}

),

funded as (

    select
        funded_students.district_code,
        funded_students.year,
        funded_students.term,
        funded_students.stage,
        coalesce(successors.successor_code, funded_students.ledger_school_code) as school_code,
        funded_students.funded_half_years * operating.value
        + funded_students.boarder_half_years * boarders.value as owed_twice_yuan,
        operating.value is null
        or floors.value is null
        or (boarders.value is null and funded_students.boarder_half_years > 0)
            as is_without_standard
    from {{ ref('int_funded_students') }} as funded_students
    left join {{ ref('int_school_successors') }} as successors
        on
            funded_students.district_code = successors.district_code
            and funded_students.year = successors.year
            and funded_students.ledger_school_code = successors.school_code
    left join standards as operating
        on
            funded_students.district_code = operating.district_code
            and funded_students.year = operating.year
            and funded_students.term = operating.day_kind
            and funded_students.stage = operating.stage
            and operating.standard_id = 'operating_per_student'
    left join standards as boarders
        on
            funded_students.district_code = boarders.district_code
            and funded_students.year = boarders.year
            and funded_students.term = boarders.day_kind
            and boarders.standard_id = 'boarder_addition'
            and boarders.stage = 'total'
    left join standards as floors
        on
            funded_students.district_code = floors.district_code
            and funded_students.year = floors.year
            and funded_students.term = floors.day_kind
            and floors.standard_id = 'small_school_floor'
            and floors.stage = 'total'
    where funded_students.stage in ('普通小学', '普通初中', '特殊教育')

),

owed as (

    select
        district_code,
        year,
        school_code,
        cast(sum(owed_twice_yuan) as decimal(38, 4)) as owed_twice_yuan
    from funded
    group by district_code, year, school_code

),

allocated as (

    select
        funds.district_code,
        funds.year,
        coalesce(successors.successor_code, funds.school_code) as school_code,
        cast(sum(funds.allocated_yuan) as decimal(38, 2)) as allocated_yuan
    from {{ ref('int_allocated_funds') }} as funds
    left join {{ ref('int_school_successors') }} as successors
        on
            funds.district_code = successors.district_code
            and funds.year = successors.year
            and funds.school_code = successors.school_code
    group by funds.district_code, funds.year, coalesce(successors.successor_code, funds.school_code)

),

entitlements as (

    select * from {{ ref('int_school_entitlements') }}

),

compared_years as (

    select distinct
        district_code,
        year
    from entitlements

),

-- public primary and secondary schools and special schools that are open at the end of the year
comparable as (

    select distinct
        schools.district_code,
        schools.year,
        schools.school_code
    from {{ ref('int_schools_on_days') }} as schools
    inner join compared_years
        on
            schools.district_code = compared_years.district_code
            and schools.year = compared_years.year
    inner join {{ ref('int_school_stages') }} as stages
        on
            schools.district_code = stages.district_code
            and schools.year = stages.year
            and schools.day_kind = stages.day_kind
            and schools.school_code = stages.school_code
    where
        schools.day_kind = 'year_end'
        and schools.is_public
        and schools.type_group in ('primary_or_secondary', 'special')
        and stages.stage in ('普通小学', '普通初中', '特殊教育')

)

select
    'funded pupils without a standard' as rule,
    funded.district_code,
    funded.year,
    funded.term || ', ' || funded.stage as place
from funded
where funded.is_without_standard
union all
select
    'a school of the comparison is missing from it' as rule,
    comparable.district_code,
    comparable.year,
    comparable.school_code as place
from comparable
left join entitlements
    on
        comparable.district_code = entitlements.district_code
        and comparable.year = entitlements.year
        and comparable.school_code = entitlements.school_code
where entitlements.school_code is null
union all
select
    'another entitlement or allocation than its parts add up to' as rule,
    entitlements.district_code,
    entitlements.year,
    entitlements.school_code as place
from entitlements
left join owed
    on
        entitlements.district_code = owed.district_code
        and entitlements.year = owed.year
        and entitlements.school_code = owed.school_code
left join allocated
    on
        entitlements.district_code = allocated.district_code
        and entitlements.year = allocated.year
        and entitlements.school_code = allocated.school_code
where
    abs(2 * entitlements.entitled_yuan - coalesce(owed.owed_twice_yuan, 0)) > 0.01
    or entitlements.allocated_yuan <> coalesce(allocated.allocated_yuan, 0)
    or (entitlements.fully_funded_schools = 1)
    <> (entitlements.allocated_yuan >= entitlements.entitled_yuan)
