-- What: what each school was owed is what the landed census rows of both terms add up to by the
--   standards, wherever mergers and managing schools lead, so that no entitlement vanishes; what
--   was handed down is what the landed notices that count say. No chain of mergers ends at a
--   school that was merged in its turn. Every pupil of a compulsory stage has a standard and a
--   floor on the day of the term. Every public school with a compulsory stage stands in the
--   comparison.
-- When it matters: a pupil without a standard or a school without its entitlement lowers what is
--   owed, and 5.8 passes wrongly.
-- To resolve: a missing standard is a row of seeds/standards.csv; otherwise look at the school
--   in int_school_entitlements, int_funded_students and int_school_successors.
with

standards as (

    select * from {{ ref('int_standards_on_days') }}

),

successors as (

    select * from {{ ref('int_school_successors') }}

),

pupils as (

    select
        district_code,
        cast(substr(period, 1, 4) as int) as census_year,
        school_code,
        stage,
        cast(count(*) as bigint) as pupils,
        cast(sum(case when has_special_needs then 1 else 0 end) as bigint) as special_needs,
        cast(sum(case when is_boarder then 1 else 0 end) as bigint) as boarders
    from {{ source('schools', 'students') }}
    where stage in ('普通小学', '普通初中', '特殊教育')
    group by district_code, period, school_code, stage

),

schools_with_pupils as (

    select distinct
        district_code,
        census_year,
        school_code
    from pupils

),

-- the library's own rows that hold on a census day: public where none of them says otherwise, with
-- the ledger of the latest
library as (

    select
        pupils.district_code,
        pupils.census_year,
        pupils.school_code,
        min(case when founders.is_public then 1 else 0 end) as is_public,
        max_by(
            case
                when types.type_group in ('teaching_point', 'attached_class')
                    then coalesce(schools.managing_school_code, schools.school_code)
                else schools.school_code
            end,
            schools.valid_from
        ) as ledger_school_code
    from schools_with_pupils as pupils
    inner join {{ source('schools', 'schools') }} as schools
        on
            pupils.district_code = schools.district_code
            and pupils.school_code = schools.school_code
            and make_date(pupils.census_year, 9, 1) >= schools.valid_from
            and (
                schools.valid_to is null
                or make_date(pupils.census_year, 9, 1) <= schools.valid_to
            )
    left join {{ ref('school_types') }} as types on schools.type_code = types.type_code
    left join {{ ref('founders') }} as founders on schools.founder_code = founders.founder_code
    group by pupils.district_code, pupils.census_year, pupils.school_code

),

funded as (

    select
        pupils.district_code,
        pupils.census_year + terms.census_years_before as year,
        terms.term,
        pupils.stage,
        library.ledger_school_code,
        case
            when pupils.stage = '特殊教育' then pupils.pupils * special.value
            else
                (
                    case when pupils.pupils < floors.value then floors.value else pupils.pupils end
                    - pupils.special_needs
                ) * operating.value
                + pupils.special_needs * coalesce(special.value, 0)
                + pupils.boarders * coalesce(boarders.value, 0)
        end as owed_twice_yuan,
        (pupils.stage <> '特殊教育' and (operating.value is null or floors.value is null))
        or (boarders.value is null and pupils.boarders > 0 and pupils.stage <> '特殊教育')
        or (special.value is null and (pupils.special_needs > 0 or pupils.stage = '特殊教育'))
            as is_without_standard
    from pupils
    inner join library
        on
            pupils.district_code = library.district_code
            and pupils.census_year = library.census_year
            and pupils.school_code = library.school_code
            and library.is_public = 1
    cross join {{ ref('terms') }} as terms
    {% for name, standard, stage in [
        ('operating', 'operating_per_student', 'pupils.stage'),
        ('special', 'operating_per_student', "'特殊教育'"),
        ('boarders', 'boarder_addition', "'total'"),
        ('floors', 'small_school_floor', "'total'"),
    ] %}
    left join standards as {{ name }}
        on
            pupils.district_code = {{ name }}.district_code
            and pupils.census_year + terms.census_years_before = {{ name }}.year
            and terms.term = {{ name }}.day_kind
            and {{ name }}.standard_id = '{{ standard }}'
            and {{ name }}.stage = {{ stage }}
    {% endfor %}

),

owed as (

    select
        funded.district_code,
        funded.year,
        coalesce(successors.successor_code, funded.ledger_school_code) as school_code,
        cast(sum(funded.owed_twice_yuan) as decimal(38, 4)) as owed_twice_yuan
    from funded
    left join successors
        on
            funded.district_code = successors.district_code
            and funded.year = successors.year
            and funded.ledger_school_code = successors.school_code
    group by
        funded.district_code,
        funded.year,
        coalesce(successors.successor_code, funded.ledger_school_code)

),

-- the amounts that the landed notices say, at the schools where the fact has them
allocated as (

    select
        funds.district_code,
        funds.year,
        coalesce(successors.successor_code, funds.school_code) as school_code,
        cast(sum(notices.amount_yuan) as decimal(38, 2)) as allocated_yuan
    from {{ ref('int_allocated_funds') }} as funds
    inner join {{ source('finance', 'fund_notices') }} as notices
        on
            funds.district_code = notices.district_code
            and funds.year = cast(notices.period as int)
            and funds._file_id = notices._file_id
            and funds._sheet = notices._sheet
            and funds._row_number = notices._row_number
    left join successors
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
inner join compared_years
    on
        funded.district_code = compared_years.district_code
        and funded.year = compared_years.year
where funded.is_without_standard
union all
select
    'a chain of mergers that does not end' as rule,
    successors.district_code,
    successors.year,
    successors.school_code as place
from successors
inner join successors as later
    on
        successors.district_code = later.district_code
        and successors.year = later.year
        and successors.successor_code = later.school_code
        and later.successor_code <> later.school_code
union all
select
    'what is owed to nobody' as rule,
    owed.district_code,
    owed.year,
    owed.school_code as place
from owed
inner join compared_years
    on
        owed.district_code = compared_years.district_code
        and owed.year = compared_years.year
left join entitlements
    on
        owed.district_code = entitlements.district_code
        and owed.year = entitlements.year
        and owed.school_code = entitlements.school_code
where owed.owed_twice_yuan > 0 and entitlements.school_code is null
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
    'a school that is neither compared nor owed anything' as rule,
    entitlements.district_code,
    entitlements.year,
    entitlements.school_code as place
from entitlements
left join comparable
    on
        entitlements.district_code = comparable.district_code
        and entitlements.year = comparable.year
        and entitlements.school_code = comparable.school_code
left join owed
    on
        entitlements.district_code = owed.district_code
        and entitlements.year = owed.year
        and entitlements.school_code = owed.school_code
where comparable.school_code is null and coalesce(owed.owed_twice_yuan, 0) = 0
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
