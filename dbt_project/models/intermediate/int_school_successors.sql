-- One row per school that ended by merger before the end of a year: who answers for its money.
-- Where the successor was merged in its turn, that is the school at the end of the chain; a
-- school whose chain leads back to itself answers for itself.
with recursive

years as (

    select * from {{ ref('int_years') }}

),

schools as (

    select * from {{ ref('stg_schools__schools') }}

),

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}

),

-- How a school ended is what its last row says.
ended as (

    select
        years.district_code,
        years.year,
        schools.school_code,
        schools.merged_into_school_code,
        row_number() over (
            partition by years.district_code, years.year, schools.school_code
            order by
                schools.valid_to desc nulls last,
                schools._file_id desc nulls last,
                schools._row_number desc nulls last
        ) as place
    from years
    inner join schools
        on
            years.district_code = schools.district_code
            and schools.valid_to < make_date(years.year, 12, 31)

),

merged as (

    select
        ended.district_code,
        ended.year,
        ended.school_code,
        ended.merged_into_school_code as successor_code
    from ended
    where
        ended.place = 1
        and ended.merged_into_school_code is not null
        and not exists (
            select 1
            from schools_on_days
            where
                schools_on_days.district_code = ended.district_code
                and schools_on_days.year = ended.year
                and schools_on_days.day_kind = 'year_end'
                and schools_on_days.school_code = ended.school_code
        )

),

-- All schools that a merged one led to, up to one that the path has already.
chain as (

    select
        district_code,
        year,
        school_code,
        successor_code,
        '>' || school_code || '>' || successor_code || '>' as path
    from merged
    union all
    select
        chain.district_code,
        chain.year,
        chain.school_code,
        merged.successor_code,
        chain.path || merged.successor_code || '>' as path
    from chain
    inner join merged
        on
            chain.district_code = merged.district_code
            and chain.year = merged.year
            and chain.successor_code = merged.school_code
    where replace(chain.path, '>' || merged.successor_code || '>', '') = chain.path

),

chain_ends as (

    select *
    from chain
    where
        not exists (
            select 1
            from merged
            where
                merged.district_code = chain.district_code
                and merged.year = chain.year
                and merged.school_code = chain.successor_code
        )

)

select
    merged.district_code,
    merged.year,
    merged.school_code,
    coalesce(chain_ends.successor_code, merged.school_code) as successor_code
from merged
left join chain_ends
    on
        merged.district_code = chain_ends.district_code
        and merged.year = chain_ends.year
        and merged.school_code = chain_ends.school_code
