-- One row per school and day on which it is looked at: the census day and the end of the year.
-- A teaching point or an attached class has no ledger: its money is its managing school's. What
-- the lists of codes do not know, and what two rows that hold on one day contradict each other
-- in, is not known and stays so.
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

urban_rural as (

    select * from {{ ref('urban_rural') }}

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

in_force as (

    select
        days.district_code,
        days.year,
        days.day_kind,
        schools.school_code,
        schools.school_name,
        schools.type_code,
        coalesce(school_types.type_group, 'unknown') as type_group,
        founders.is_public,
        urban_rural.is_rural,
        schools.managing_school_code,
        schools.valid_from,
        schools._file_id,
        schools._sheet,
        schools._row_number
    from days
    inner join schools
        on
            days.district_code = schools.district_code
            and days.on_day >= schools.valid_from
            and (schools.valid_to is null or days.on_day <= schools.valid_to)
    left join school_types on schools.type_code = school_types.type_code
    left join founders on schools.founder_code = founders.founder_code
    left join urban_rural on schools.area_code = urban_rural.class_code

),

agreed as (

    select
        district_code,
        year,
        day_kind,
        school_code,
        count(*) > 1 as has_two_rows,
        min(coalesce(type_code, '')) = max(coalesce(type_code, '')) as is_type_agreed,
        min(case when is_public then 1 when not is_public then 0 else -1 end)
        = max(case when is_public then 1 when not is_public then 0 else -1 end)
            as is_founder_agreed
    from in_force
    group by district_code, year, day_kind, school_code

),

ranked as (

    select
        *,
        row_number() over (
            partition by district_code, year, day_kind, school_code
            order by
                valid_from desc nulls last,
                _file_id desc nulls last,
                _row_number desc nulls last
        ) as place
    from in_force

)

select
    ranked.district_code,
    ranked.year,
    ranked.day_kind,
    ranked.school_code,
    ranked.school_name,
    case when agreed.is_type_agreed then ranked.type_code end as type_code,
    case when agreed.is_type_agreed then ranked.type_group else 'unknown' end as type_group,
    case when agreed.is_founder_agreed then ranked.is_public end as is_public,
    ranked.is_rural,
    case
        when ranked.type_group in ('teaching_point', 'attached_class')
            then coalesce(ranked.managing_school_code, ranked.school_code)
        else ranked.school_code
    end as ledger_school_code,
    agreed.has_two_rows,
    ranked._file_id,
    ranked._sheet,
    ranked._row_number
from ranked
inner join agreed
    on
        ranked.district_code = agreed.district_code
        and ranked.year = agreed.year
        and ranked.day_kind = agreed.day_kind
        and ranked.school_code = agreed.school_code
where ranked.place = 1
