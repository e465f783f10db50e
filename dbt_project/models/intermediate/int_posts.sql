-- One row per school: the posts that it was given and has filled, and those due by its pupils on
-- the census day, of teaching points with those of their managing school.
with

entries as (

    select
        *,
        cast(substr(period, 1, 4) as int) as year
    from {{ source('staffing', 'posts') }}

),

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}
    where day_kind = 'year_end'

),

pupils as (

    select
        district_code,
        census_year,
        ledger_school_code,
        cast(sum(case when stage = '普通小学' then 1 else 0 end) as bigint) as primary_pupils,
        cast(sum(case when stage = '普通初中' then 1 else 0 end) as bigint) as junior_pupils,
        cast(sum(case when stage = '普通高中' then 1 else 0 end) as bigint) as senior_pupils
    from {{ ref('int_enrolments') }}
    group by district_code, census_year, ledger_school_code

),

counted as (

    select
        entries.*,
        nullif(schools_on_days.type_group, 'unknown') as school_type_group,
        schools_on_days.is_public as school_is_public,
        -- 1 : 19, 1 : 13.5 and 1 : 12.5, of which 12825 is the common denominator
        675 * pupils.primary_pupils + 950 * pupils.junior_pupils + 1026 * pupils.senior_pupils
            as posts_times_12825,
        case when schools_on_days.school_code is null then 'unmatched school' end as left_out
    from entries
    left join schools_on_days
        on
            entries.district_code = schools_on_days.district_code
            and entries.year = schools_on_days.year
            and entries.school_code = schools_on_days.school_code
    left join pupils
        on
            entries.district_code = pupils.district_code
            and entries.year = pupils.census_year
            and entries.school_code = pupils.ledger_school_code

),

divided as (

    select
        *,
        {{ ratio('posts_times_12825 + 12824', '12825') }} as posts_and_nearly_one
    from counted

),

matched as (

    select
        *,
        cast({{ cut('posts_and_nearly_one', 0) }} as bigint) as posts_by_standard,
        cast({{ cut('posts_and_nearly_one', 0) }} as bigint) - posts_approved as posts_missing
    from divided

),

{{ counted_rows('staffing.posts') }}
