-- One row per school that operating funds are owed to or that runs a compulsory stage: what it was
-- owed (half by the spring standard on the census before, half by the autumn standard on this
-- year's) and what the year's fund notices handed down to it. These are the public schools with a
-- compulsory stage and the special schools that are open at the end of the year; teaching points
-- belong to their managing school, merged schools to the one at the end of the chain. A school
-- that ended within the year, December too, and was merged into none stands for itself. Whatever
-- else is owed stands for itself as well, in doubt: a teaching point without a managing school, a
-- successor that is unknown, closed or private. A year of which a source is missing has no rows:
-- without pupils nothing would be owed, without notices every school would be short.
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

schools as (

    select * from {{ ref('stg_schools__schools') }}

),

school_types as (

    select * from {{ ref('school_types') }}

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

-- the pupils of spring stand in the census before
compared_years as (

    select
        complete_years.district_code,
        complete_years.year
    from complete_years
    inner join sources_in_force as last_census
        on
            complete_years.district_code = last_census.district_code
            and complete_years.year - 1 = last_census.year
            and last_census.source = 'schools.students'

),

open_schools as (

    select
        schools_on_days.district_code,
        schools_on_days.year,
        schools_on_days.school_code
    from schools_on_days
    inner join compared_years
        on
            schools_on_days.district_code = compared_years.district_code
            and schools_on_days.year = compared_years.year
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

-- a school's last row, and whether by it the school ended within the year and went into none
last_rows as (

    select
        compared_years.district_code,
        compared_years.year,
        schools.school_code,
        schools.school_name,
        schools.merged_into_school_code is null
        and schools.valid_to >= make_date(compared_years.year, 1, 1)
        and schools.valid_to < make_date(compared_years.year, 12, 31)
        and school_types.type_group in ('primary_or_secondary', 'special') as is_ended_in_year,
        row_number() over (
            partition by compared_years.district_code, compared_years.year, schools.school_code
            order by
                schools.valid_from desc nulls last,
                schools._file_id desc nulls last,
                schools._row_number desc nulls last
        ) as place
    from compared_years
    inner join schools
        on
            compared_years.district_code = schools.district_code
            and schools.valid_from <= make_date(compared_years.year, 12, 31)
    left join school_types on schools.type_code = school_types.type_code

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

compared_schools as (

    select
        district_code,
        year,
        school_code
    from open_schools
    union
    select
        owed.district_code,
        owed.year,
        owed.school_code
    from owed
    inner join compared_years
        on
            owed.district_code = compared_years.district_code
            and owed.year = compared_years.year
    where owed.entitled_yuan > 0

),

compared as (

    select
        compared_schools.district_code,
        compared_schools.year,
        compared_schools.school_code,
        last_rows.school_name,
        -- A school without a pupil is owed nothing; one without a notice was handed down nothing:
        -- the needs of the figure say whether the sources themselves are there.
        cast(coalesce(owed.entitled_yuan, 0) as decimal(38, 2)) as entitled_yuan,
        cast(coalesce(allocated.allocated_yuan, 0) as decimal(38, 2)) as allocated_yuan,
        open_schools.school_code is null
        and not coalesce(last_rows.is_ended_in_year, false) as is_in_doubt
    from compared_schools
    left join open_schools
        on
            compared_schools.district_code = open_schools.district_code
            and compared_schools.year = open_schools.year
            and compared_schools.school_code = open_schools.school_code
    left join last_rows
        on
            compared_schools.district_code = last_rows.district_code
            and compared_schools.year = last_rows.year
            and compared_schools.school_code = last_rows.school_code
            and last_rows.place = 1
    left join owed
        on
            compared_schools.district_code = owed.district_code
            and compared_schools.year = owed.year
            and compared_schools.school_code = owed.school_code
    left join allocated
        on
            compared_schools.district_code = allocated.district_code
            and compared_schools.year = allocated.year
            and compared_schools.school_code = allocated.school_code

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
    ) as shortfall_yuan,
    is_in_doubt
from compared
