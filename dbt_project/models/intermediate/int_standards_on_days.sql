-- One row per district, year, kind of day, standard and stage: the one in force on that day,
-- of the nearest authority (the longest region code that the district's code begins with).
with

years as (

    select * from {{ ref('int_years') }}

),

standards as (

    select * from {{ ref('standards') }}

),

-- Money of the spring term is owed by the standard of spring, that of autumn by autumn's.
days as (

    select
        district_code,
        year,
        'spring' as day_kind,
        make_date(year, 3, 1) as on_day
    from years
    union all
    select
        district_code,
        year,
        'autumn' as day_kind,
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
        standards.standard_id,
        standards.stage,
        standards.comparison,
        standards.value,
        standards.unit,
        standards.applies_by,
        standards.document,
        standards.document_number,
        standards.certainty,
        row_number() over (
            partition by
                days.district_code,
                days.year,
                days.day_kind,
                standards.standard_id,
                standards.stage
            order by
                case when standards.region_code = 'CN' then 0 else length(standards.region_code) end
                desc nulls last,
                standards.valid_from desc nulls last
        ) as place
    from days
    inner join standards
        on
            (
                standards.region_code = 'CN'
                or substr(days.district_code, 1, length(standards.region_code))
                = standards.region_code
            )
            and days.on_day >= standards.valid_from
            and (standards.valid_to is null or days.on_day <= standards.valid_to)

)

select
    district_code,
    year,
    day_kind,
    standard_id,
    stage,
    comparison,
    value,
    unit,
    applies_by,
    document,
    document_number,
    certainty
from ranked
where place = 1
