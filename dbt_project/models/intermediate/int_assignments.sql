-- One row per person and assignment, and whether the person was for six years at a school.
with

entries as (

    select
        *,
        cast(substr(period, 1, 4) as int) as year
    from {{ source('staffing', 'assignments') }}

),

staff_roster as (

    select
        district_code,
        year,
        person_id,
        max(coalesce(staff_of_six_years, 0)) = 1 as is_of_six_years
    from {{ ref('int_staff_roster') }}
    where person_id is not null
    group by district_code, year, person_id

),

schools_in_years as (

    select * from {{ ref('int_schools_in_years') }}
    where is_open

),

matched as (

    select
        entries.*,
        staff_roster.is_of_six_years,
        case
            when extract(year from entries.since) <> entries.year then 'another year'
            when entries.since is null then 'no date'
            when entries.school_code is not null and schools_in_years.school_code is null
                then 'unmatched school'
        end as left_out
    from entries
    left join staff_roster
        on
            entries.district_code = staff_roster.district_code
            and entries.year = staff_roster.year
            and entries.person_id = staff_roster.person_id
    left join schools_in_years
        on
            entries.district_code = schools_in_years.district_code
            and entries.year = schools_in_years.year
            and entries.school_code = schools_in_years.school_code

),

{{ counted_rows('staffing.assignments') }}
