-- One row per kindergarten of the register, with its children: those of the census of the year
-- where that has the kindergarten, else those that the register says.
with

entries as (

    select
        *,
        cast(substr(period, 1, 4) as int) as year
    from {{ source('registers', 'kindergartens') }}

),

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}
    where day_kind = 'year_end'

),

census as (

    select
        district_code,
        census_year,
        school_code,
        cast(count(*) as int) as children
    from {{ ref('int_enrolments') }}
    where stage = '幼儿园'
    group by district_code, census_year, school_code

),

matched as (

    select
        entries.*,
        coalesce(census.children, entries.children) as children_counted,
        entries.ownership = '公办' or entries.is_affordable as is_public_or_affordable,
        case
            when entries.school_code is not null and schools_on_days.school_code is null
                then 'unmatched school'
        end as left_out
    from entries
    left join schools_on_days
        on
            entries.district_code = schools_on_days.district_code
            and entries.year = schools_on_days.year
            and entries.school_code = schools_on_days.school_code
    left join census
        on
            entries.district_code = census.district_code
            and entries.year = census.census_year
            and entries.school_code = census.school_code

),

{{ counted_rows('registers.kindergartens') }}
