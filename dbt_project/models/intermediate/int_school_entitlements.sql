-- One row per public school with a compulsory stage, or special school, that is open at the end
-- of the year: what it was owed (half by the spring standard on the census before, half by the
-- autumn standard on this year's) and what the year's fund notices handed down to it. Teaching
-- points belong to their managing school, merged schools to their successor. A year of which a
-- source is missing has no rows: without pupils nothing would be owed, without notices every
-- school would be short.
with

funded_students as (

    select * from {{ ref('int_funded_students') }}

),

allocated_funds as (

    select * from {{ ref('int_allocated_funds') }}

),

standards_on_days as (

    select * from {{ ref('int_standards_on_days') }}

),

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}

),

school_stages as (

    select * from {{ ref('int_school_stages') }}

),

successors as (

    select * from {{ ref('int_school_successors') }}

),

sources_in_force as (

    select * from {{ ref('int_sources_in_force') }}

),

complete_years as (

    select
        district_code,
        year
    from sources_in_force
    where
        source in ('finance.fund_notices', 'schools.crosswalk', 'schools.students')
    group by district_code, year
    having count(*) = 3

),

compulsory_schools as (

    select
        schools_on_days.district_code,
        schools_on_days.year,
        schools_on_days.school_code,
        schools_on_days.school_name
    from schools_on_days
    inner join complete_years
        on
            schools_on_days.district_code = complete_years.district_code
            and schools_on_days.year = complete_years.year
    -- the pupils of spring stand in the census before
    inner join sources_in_force as last_census
        on
            schools_on_days.district_code = last_census.district_code
            and schools_on_days.year - 1 = last_census.year
            and last_census.source = 'schools.students'
    where
        schools_on_days.day_kind = 'year_end'
        and schools_on_days.is_public
        and schools_on_days.type_group in ('primary_or_secondary', 'special')
        and exists (
            select 1
            from school_stages
            where
                school_stages.district_code = schools_on_days.district_code
                and school_stages.year = schools_on_days.year
                and school_stages.day_kind = 'year_end'
                and school_stages.school_code = schools_on_days.school_code
                and school_stages.stage in ('普通小学', '普通初中', '特殊教育')
        )

),

owed_by_row as (

    select
        funded_students.district_code,
        funded_students.year,
        coalesce(successors.successor_code, funded_students.ledger_school_code) as school_code,
        funded_students.funded_half_years * standards_on_days.value
        + funded_students.boarder_half_years * coalesce(boarder_standards.value, 0)
            as owed_twice_yuan
    from funded_students
    left join successors
        on
            funded_students.district_code = successors.district_code
            and funded_students.year = successors.year
            and funded_students.ledger_school_code = successors.school_code
    left join standards_on_days
        on
            funded_students.district_code = standards_on_days.district_code
            and funded_students.year = standards_on_days.year
            and funded_students.term = standards_on_days.day_kind
            and funded_students.stage = standards_on_days.stage
            and standards_on_days.standard_id = 'operating_per_student'
    left join standards_on_days as boarder_standards
        on
            funded_students.district_code = boarder_standards.district_code
            and funded_students.year = boarder_standards.year
            and funded_students.term = boarder_standards.day_kind
            and boarder_standards.standard_id = 'boarder_addition'
            and boarder_standards.stage = 'total'
    where funded_students.stage in ('普通小学', '普通初中', '特殊教育')

),

owed as (

    select
        district_code,
        year,
        school_code,
        cast(sum(owed_twice_yuan) * cast('0.5' as decimal(2, 1)) as decimal(38, 2))
            as entitled_yuan
    from owed_by_row
    group by district_code, year, school_code

),

allocated as (

    select
        allocated_funds.district_code,
        allocated_funds.year,
        coalesce(successors.successor_code, allocated_funds.school_code) as school_code,
        cast(sum(allocated_funds.allocated_yuan) as decimal(38, 2)) as allocated_yuan
    from allocated_funds
    left join successors
        on
            allocated_funds.district_code = successors.district_code
            and allocated_funds.year = successors.year
            and allocated_funds.school_code = successors.school_code
    group by
        allocated_funds.district_code,
        allocated_funds.year,
        coalesce(successors.successor_code, allocated_funds.school_code)

),

compared as (

    select
        compulsory_schools.district_code,
        compulsory_schools.year,
        compulsory_schools.school_code,
        compulsory_schools.school_name,
        -- A school without a pupil is owed nothing; one without a notice was handed down nothing:
        -- the needs of the figure say whether the sources themselves are there.
        cast(coalesce(owed.entitled_yuan, 0) as decimal(38, 2)) as entitled_yuan,
        cast(coalesce(allocated.allocated_yuan, 0) as decimal(38, 2)) as allocated_yuan
    from compulsory_schools
    left join owed
        on
            compulsory_schools.district_code = owed.district_code
            and compulsory_schools.year = owed.year
            and compulsory_schools.school_code = owed.school_code
    left join allocated
        on
            compulsory_schools.district_code = allocated.district_code
            and compulsory_schools.year = allocated.year
            and compulsory_schools.school_code = allocated.school_code

)

select
    district_code,
    year,
    school_code,
    school_name,
    entitled_yuan,
    allocated_yuan,
    cast(1 as bigint) as schools,
    cast(case when allocated_yuan >= entitled_yuan then 1 else 0 end as bigint)
        as fully_funded_schools,
    cast(
        case when allocated_yuan < entitled_yuan then entitled_yuan - allocated_yuan else 0 end
        as decimal(38, 2)
    ) as shortfall_yuan
from compared
