-- One row per source period owed, unit that must report in it, and stage that the unit runs
-- (null for a unit without a stage), with whether it reported.
with

source_status as (

    select * from {{ source('landing', 'source_status') }}

),

units_received as (

    select * from {{ source('landing', 'units_received') }}

),

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}

),

school_stages as (

    select * from {{ ref('int_school_stages') }}

),

owed as (

    select distinct
        district_code,
        source,
        period,
        units_expected as population,
        cast(substr(period, 1, 4) as int) as year,
        case
            when units_expected in ('schools_with_pupils', 'public_schools_with_staff')
                then 'census'
            else 'year_end'
        end as day_kind
    from source_status
    where is_in_force and units_expected is not null

),

expected as (

    select
        owed.district_code,
        owed.source,
        owed.period,
        owed.year,
        owed.day_kind,
        schools_on_days.school_code,
        schools_on_days.school_name
    from owed
    inner join schools_on_days
        on
            owed.district_code = schools_on_days.district_code
            and owed.year = schools_on_days.year
            and owed.day_kind = schools_on_days.day_kind
    where
        case owed.population
            when 'public_institutions'
                then schools_on_days.is_public and schools_on_days.type_group <> 'teaching_point'
            when 'schools_with_pupils' then schools_on_days.type_group <> 'other'
            when 'public_schools_with_staff'
                then
                    schools_on_days.is_public
                    and schools_on_days.type_group not in ('teaching_point', 'other')
            when 'primary_and_secondary_schools'
                then schools_on_days.type_group = 'primary_or_secondary'
        end

)

select
    expected.district_code,
    expected.source,
    expected.period,
    expected.school_code,
    expected.school_name,
    school_stages.stage,
    exists (
        select 1
        from units_received
        where
            units_received.district_code = expected.district_code
            and units_received.source = expected.source
            and units_received.period = expected.period
            and units_received.unit = expected.school_code
            -- a table without a member per unit says nothing about stages
            and (
                units_received.member is null
                or school_stages.stage is null
                or units_received.member = school_stages.stage
            )
    ) as is_received
from expected
left join school_stages
    on
        expected.district_code = school_stages.district_code
        and expected.year = school_stages.year
        and expected.day_kind = school_stages.day_kind
        and expected.school_code = school_stages.school_code
