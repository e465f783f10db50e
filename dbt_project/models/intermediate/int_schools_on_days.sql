-- One row per school and day on which it is looked at: the census day and the end of the year.
-- A teaching point has no ledger: its money is its managing school's. Whether a school of an
-- unknown founder is public is not known, and stays so.
with

years as (

    select * from {{ ref('int_years') }}

),

schools as (

    select * from {{ ref('stg_schools__schools') }}

),

school_types as (

    select * from {{ ref('school_types') }}

),

founders as (

    select * from {{ ref('founders') }}

),

days as (

    select
        district_code,
        year,
        'census' as day_kind,
        make_date(year, 9, 1) as on_day
    from years
    union all
    select
        district_code,
        year,
        'year_end' as day_kind,
        make_date(year, 12, 31) as on_day
    from years

),

ranked as (

    select
        days.district_code,
        days.year,
        days.day_kind,
        schools.school_code,
        schools.school_name,
        schools.type_code,
        schools.founder_code,
        schools.managing_school_code,
        schools._file_id,
        schools._sheet,
        schools._row_number,
        row_number() over (
            partition by days.district_code, days.year, days.day_kind, schools.school_code
            order by
                schools.valid_from desc nulls last,
                schools._file_id desc nulls last,
                schools._row_number desc nulls last
        ) as place
    from days
    inner join schools
        on
            days.district_code = schools.district_code
            and days.on_day >= schools.valid_from
            and (schools.valid_to is null or days.on_day <= schools.valid_to)

)

select
    ranked.district_code,
    ranked.year,
    ranked.day_kind,
    ranked.school_code,
    ranked.school_name,
    ranked.type_code,
    coalesce(school_types.type_group, 'other') as type_group,
    founders.is_public,
    case
        when school_types.type_group = 'teaching_point'
            then coalesce(ranked.managing_school_code, ranked.school_code)
        else ranked.school_code
    end as ledger_school_code,
    ranked._file_id,
    ranked._sheet,
    ranked._row_number
from ranked
left join school_types on ranked.type_code = school_types.type_code
left join founders on ranked.founder_code = founders.founder_code
where ranked.place = 1
