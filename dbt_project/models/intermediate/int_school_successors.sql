-- One row per school that ended by merger before the end of a year: who answers for its money;
-- where the successor was merged in its turn, the school that it went into.
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

ended as (

    select
        years.district_code,
        years.year,
        schools.school_code,
        schools.merged_into_school_code,
        row_number() over (
            partition by years.district_code, years.year, schools.school_code
            order by schools.valid_to desc nulls last, schools._row_number desc nulls last
        ) as place
    from years
    inner join schools
        on
            years.district_code = schools.district_code
            and schools.valid_to < make_date(years.year, 12, 31)
    where schools.merged_into_school_code is not null

),

merged as (

    select
        ended.district_code,
        ended.year,
        ended.school_code,
        ended.merged_into_school_code
    from ended
    where
        ended.place = 1
        and not exists (
            select 1
            from schools_on_days
            where
                schools_on_days.district_code = ended.district_code
                and schools_on_days.year = ended.year
                and schools_on_days.day_kind = 'year_end'
                and schools_on_days.school_code = ended.school_code
        )

)

select
    merged.district_code,
    merged.year,
    merged.school_code,
    coalesce(later.merged_into_school_code, merged.merged_into_school_code) as successor_code
from merged
left join merged as later
    on
        merged.district_code = later.district_code
        and merged.year = later.year
        and merged.merged_into_school_code = later.school_code
