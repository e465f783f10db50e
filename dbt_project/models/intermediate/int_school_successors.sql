{#- Each round doubles the length of the chains followed: ten follow a thousand mergers. -#}
{%- set rounds = 10 -%}
-- One row per school that ended by merger before the end of a year: who answers for its money.
-- Where the successor was merged in its turn, that is the school at the end of the chain; a
-- school whose chain leads back to itself answers for itself.
with

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

{%- for round in range(1, rounds + 1) %}

chain_{{ round }} as (

    select
        earlier.district_code,
        earlier.year,
        earlier.school_code,
        coalesce(later.successor_code, earlier.successor_code) as successor_code
    from {{ 'chain_' ~ (round - 1) if round > 1 else 'merged' }} as earlier
    left join {{ 'chain_' ~ (round - 1) if round > 1 else 'merged' }} as later
        on
            earlier.district_code = later.district_code
            and earlier.year = later.year
            and earlier.successor_code = later.school_code

),
{%- endfor %}

-- What still leads to a merged school has no end.
endless as (

    select
        chain_{{ rounds }}.*,
        merged.school_code is not null as is_endless
    from chain_{{ rounds }}
    left join merged
        on
            chain_{{ rounds }}.district_code = merged.district_code
            and chain_{{ rounds }}.year = merged.year
            and chain_{{ rounds }}.successor_code = merged.school_code

)

select
    district_code,
    year,
    school_code,
    case when is_endless then school_code else successor_code end as successor_code
from endless
