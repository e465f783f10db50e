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

schools_compared as (

    select * from {{ ref('int_schools_compared') }}

),

owed as (

    select distinct
        district_code,
        source,
        period,
        units_expected as population,
        cast(substr(period, 1, 4) as int) as year,
        case
            when
                units_expected in (
                    'schools_with_pupils',
                    'public_schools_with_staff',
                    'compulsory_schools',
                    'schools_compared'
                )
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
        owed.population,
        schools_on_days.school_code,
        schools_on_days.school_name
    from owed
    inner join schools_on_days
        on
            owed.district_code = schools_on_days.district_code
            and owed.year = schools_on_days.year
            and owed.day_kind = schools_on_days.day_kind
    where
        (
            owed.population = 'public_institutions'
            and schools_on_days.is_public
            and schools_on_days.type_group <> 'teaching_point'
        )
        or (
            owed.population = 'schools_with_pupils'
            and schools_on_days.type_group not in ('other', 'unknown')
        )
        or (
            owed.population = 'public_schools_with_staff'
            and schools_on_days.is_public
            and schools_on_days.type_group not in ('teaching_point', 'other', 'unknown')
        )
        or (
            owed.population = 'primary_and_secondary_schools'
            and schools_on_days.type_group = 'primary_or_secondary'
        )
        or (
            owed.population = 'compulsory_schools'
            and schools_on_days.type_group <> 'teaching_point'
        )
        or (
            owed.population = 'schools_compared'
            and not exists (
                select 1
                from schools_compared
                where
                    schools_compared.district_code = schools_on_days.district_code
                    and schools_compared.year = schools_on_days.year
                    and schools_compared.school_code = schools_on_days.school_code
                    and schools_compared.left_out in ('not compared', 'small teaching point')
            )
        )

),

with_stage as (

    select
        expected.district_code,
        expected.source,
        expected.period,
        expected.school_code,
        expected.school_name,
        school_stages.stage
    from expected
    left join school_stages
        on
            expected.district_code = school_stages.district_code
            and expected.year = school_stages.year
            and expected.day_kind = school_stages.day_kind
            and expected.school_code = school_stages.school_code
    where
        expected.population not in ('compulsory_schools', 'schools_compared')
        or school_stages.stage in ('普通小学', '普通初中')

),

received as (

    select distinct
        with_stage.district_code,
        with_stage.source,
        with_stage.period,
        with_stage.school_code,
        coalesce(with_stage.stage, '') as stage
    from with_stage
    inner join units_received
        on
            with_stage.district_code = units_received.district_code
            and with_stage.source = units_received.source
            and with_stage.period = units_received.period
            and with_stage.school_code = units_received.unit
            -- a table without a member per unit says nothing about stages
            and (
                with_stage.stage is null
                or units_received.member is null
                or with_stage.stage = units_received.member
            )

)

select
    with_stage.district_code,
    with_stage.source,
    with_stage.period,
    with_stage.school_code,
    with_stage.school_name,
    with_stage.stage,
    received.school_code is not null as is_received
from with_stage
left join received
    on
        with_stage.district_code = received.district_code
        and with_stage.source = received.source
        and with_stage.period = received.period
        and with_stage.school_code = received.school_code
        and coalesce(with_stage.stage, '') = received.stage
