-- What: every landed row of the funding statistics is in its fact with the sum of its four
--   amounts, or of a school that the library calls private, or listed in int_unmatched_units, as
--   is one with an empty amount; every school of the library is counted once at the end of each
--   year, but for rows that do not hold on that day and schools that are no primary or secondary
--   ones.
-- When it matters: 4.1 is the sum of these rows, K3.2 their number.
-- To resolve: look at the row in the landed file, then at the last change in the fact named.
with

listed as (

    select distinct
        fact,
        district_code,
        period,
        _file_id,
        coalesce(_sheet, '') as sheet,
        _row_number
    from {{ ref('int_unmatched_units') }}

),

not_public as (

    select
        schools.district_code,
        schools.school_code,
        min(case when not founders.is_public then 1 else 0 end) as is_always
    from {{ source('schools', 'schools') }} as schools
    left join {{ ref('founders') }} as founders on schools.founder_code = founders.founder_code
    group by schools.district_code, schools.school_code
    having max(case when not founders.is_public then 1 else 0 end) = 1

),

funds as (

    select
        'int_education_funds' as fact,
        coalesce(landed._file_id, facts._file_id) as file_id,
        coalesce(landed._sheet, facts._sheet) as sheet,
        coalesce(landed._row_number, facts._row_number) as row_number,
        case
            when landed._file_id is null then 'in the fact, but not landed'
            when
                facts._file_id is null
                and listed._file_id is null
                and not_public.school_code is null
                then 'not in the fact, for no reason'
            when facts._file_id is not null and not_public.is_always = 1
                then 'in the fact, though of a private school'
            when
                facts._file_id is not null
                and coalesce(
                    facts.funds_yuan
                    <> coalesce(landed.staff_yuan, 0)
                    + coalesce(landed.operating_yuan, 0)
                    + coalesce(landed.construction_yuan, 0)
                    + coalesce(landed.surcharge_yuan, 0),
                    true
                )
                then 'another amount in the fact'
            when
                facts._file_id is not null
                and listed._file_id is null
                and (
                    landed.staff_yuan is null
                    or landed.operating_yuan is null
                    or landed.construction_yuan is null
                    or landed.surcharge_yuan is null
                )
                then 'an empty amount counts as 0, and nobody is told'
        end as rule
    from {{ source('finance', 'education_funds') }} as landed
    full join {{ ref('int_education_funds') }} as facts
        on
            landed.district_code = facts.district_code
            and cast(landed.period as int) = facts.year
            and landed._file_id = facts._file_id
            and landed._sheet = facts._sheet
            and landed._row_number = facts._row_number
    left join listed
        on
            listed.fact = 'int_education_funds'
            and landed.district_code = listed.district_code
            and landed.period = listed.period
            and landed._file_id = listed._file_id
            and coalesce(landed._sheet, '') = listed.sheet
            and landed._row_number = listed._row_number
    left join not_public
        on
            landed.district_code = not_public.district_code
            and landed.school_code = not_public.school_code

),

years as (

    select * from {{ ref('int_years') }}

),

open_schools as (

    select
        years.district_code,
        years.year,
        landed.school_code,
        min(landed._file_id) as file_id,
        min(landed._sheet) as sheet,
        min(landed._row_number) as row_number,
        min(case when types.type_group = 'primary_or_secondary' then 1 else 0 end) as is_always,
        max(case when types.type_group = 'primary_or_secondary' then 1 else 0 end) as is_ever
    from years
    inner join {{ source('schools', 'schools') }} as landed
        on
            years.district_code = landed.district_code
            and make_date(years.year, 12, 31) >= landed.valid_from
            and (landed.valid_to is null or make_date(years.year, 12, 31) <= landed.valid_to)
    left join {{ ref('school_types') }} as types on landed.type_code = types.type_code
    group by years.district_code, years.year, landed.school_code

),

counted_schools as (

    select
        district_code,
        year,
        school_code,
        cast(sum(schools) as bigint) as schools
    from {{ ref('int_primary_and_secondary_schools') }}
    group by district_code, year, school_code

),

schools as (

    select
        'int_primary_and_secondary_schools' as fact,
        open_schools.file_id,
        open_schools.sheet,
        open_schools.row_number,
        case
            when coalesce(open_schools.is_ever, 0) = 0 and counted_schools.schools > 0
                then 'counted, though not open or of another type'
            when open_schools.is_always = 1 and coalesce(counted_schools.schools, 0) = 0
                then 'not counted, for no reason'
            when counted_schools.schools > 1 then 'counted more than once'
        end as rule
    from open_schools
    full join counted_schools
        on
            open_schools.district_code = counted_schools.district_code
            and open_schools.year = counted_schools.year
            and open_schools.school_code = counted_schools.school_code

),

all_lists as (

    select * from funds
    union all
    select * from schools

)

select
    rule,
    fact,
    file_id,
    sheet,
    row_number
from all_lists
where rule is not null
