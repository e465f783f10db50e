-- One row per district, calendar year and member: operating funds paid, for how many pupils they
-- are owed, and the schools that received what they were owed.
with

operating_funds as (

    select * from {{ ref('int_operating_funds') }}

),

boarder_funds as (

    select * from {{ ref('int_boarder_funds') }}

),

funded_students as (

    select * from {{ ref('int_funded_students') }}

),

school_entitlements as (

    select * from {{ ref('int_school_entitlements') }}

),

stages as (

    select * from {{ ref('stages') }}

),

years as (

    select * from {{ ref('int_years') }}

),

members as (

    select
        years.district_code,
        years.year,
        'stage' as dimension,
        stages.stage as member
    from years
    cross join stages
    union all
    select
        district_code,
        year,
        'total' as dimension,
        'total' as member
    from years

),

funds as (

    select
        district_code,
        year,
        'stage' as dimension,
        stage as member,
        cast(sum(operating_yuan) as decimal(38, 2)) as operating_yuan
    from operating_funds
    group by district_code, year, stage
    union all
    select
        district_code,
        year,
        'total' as dimension,
        'total' as member,
        cast(sum(operating_yuan) as decimal(38, 2)) as operating_yuan
    from operating_funds
    group by district_code, year

),

of_boarders as (

    select
        district_code,
        year,
        'total' as dimension,
        'total' as member,
        cast(sum(boarder_yuan) as decimal(38, 2)) as boarder_yuan
    from boarder_funds
    group by district_code, year

),

pupils as (

    select
        district_code,
        year,
        'stage' as dimension,
        stage as member,
        cast(sum(funded_half_years) as bigint) as funded_half_years,
        cast(null as bigint) as boarder_half_years
    from funded_students
    group by district_code, year, stage
    union all
    select
        district_code,
        year,
        'total' as dimension,
        'total' as member,
        cast(sum(funded_half_years) as bigint) as funded_half_years,
        cast(sum(boarder_half_years) as bigint) as boarder_half_years
    from funded_students
    group by district_code, year

),

schools as (

    select
        district_code,
        year,
        'total' as dimension,
        'total' as member,
        cast(sum(schools) as bigint) as schools,
        cast(sum(fully_funded_schools) as bigint) as fully_funded_schools,
        cast(sum(shortfall_yuan) as decimal(38, 2)) as shortfall_yuan
    from school_entitlements
    group by district_code, year

)

select
    members.district_code,
    members.year,
    {{ period_of('calendar_year', 'members.year') }} as period,
    members.dimension,
    members.member,
    funds.operating_yuan,
    pupils.funded_half_years,
    {{ ratio('funds.operating_yuan', 'pupils.funded_half_years', 2) }}
        as operating_per_student_yuan,
    of_boarders.boarder_yuan,
    pupils.boarder_half_years,
    {{ ratio('of_boarders.boarder_yuan', 'pupils.boarder_half_years', 2) }}
        as boarder_per_boarder_yuan,
    schools.schools,
    schools.fully_funded_schools,
    {{ ratio('schools.fully_funded_schools', 'schools.schools', 100) }}
        as fully_funded_schools_rate,
    schools.shortfall_yuan
from members
left join funds
    on
        members.district_code = funds.district_code
        and members.year = funds.year
        and members.dimension = funds.dimension
        and members.member = funds.member
left join of_boarders
    on
        members.district_code = of_boarders.district_code
        and members.year = of_boarders.year
        and members.dimension = of_boarders.dimension
        and members.member = of_boarders.member
left join pupils
    on
        members.district_code = pupils.district_code
        and members.year = pupils.year
        and members.dimension = pupils.dimension
        and members.member = pupils.member
left join schools
    on
        members.district_code = schools.district_code
        and members.year = schools.year
        and members.dimension = schools.dimension
        and members.member = schools.member
