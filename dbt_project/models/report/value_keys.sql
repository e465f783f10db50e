-- One row per value that is due: the indicators of the outline and all that they rest on, for each
-- member and period, and whether the district runs what is counted.
with

outline as (

    select * from {{ source('landing', 'outline') }}

),

closure as (

    select * from {{ source('landing', 'components') }}

),

members as (

    select * from {{ source('landing', 'members') }}

),

operating_standards as (

    select * from {{ ref('mart_operating_standards') }}

),

school_stages as (

    select * from {{ ref('int_school_stages') }}

),

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}

),

quarantine as (

    select * from {{ source('landing', 'quarantine') }}

),

doubts as (

    select * from {{ source('landing', 'doubts') }}

),

due as (

    select distinct
        outline.district_code,
        outline.evaluation_year,
        closure.component_id as indicator_id,
        outline.evaluation_year + closure.year_offset as year
    from outline
    inner join closure on outline.indicator_id = closure.indicator_id

),

-- Standards alone may have two periods in a year, one a term.
with_period as (

    select
        due.district_code,
        due.evaluation_year,
        due.indicator_id,
        due.year,
        members.formula,
        case members.period_kind
            when 'calendar_year' then {{ period_of('calendar_year', 'due.year') }}
            when 'census_day' then {{ period_of('census_day', 'due.year') }}
            when 'year_end' then {{ period_of('year_end', 'due.year') }}
            when 'span' then {{ period_of('span', 'due.year') }}
            else coalesce(operating_standards.period, {{ period_of('calendar_year', 'due.year') }})
        end as period,
        members.dimension,
        members.member
    from due
    inner join members on due.indicator_id = members.indicator_id
    left join operating_standards
        on
            members.period_kind = 'term'
            and due.district_code = operating_standards.district_code
            and due.year = operating_standards.year
            and members.dimension = operating_standards.dimension
            and members.member = operating_standards.member

),

library as (

    select distinct
        district_code,
        year
    from school_stages

),

-- A row of the library that is quarantined, or is missing in it, may be the one school of a stage.
libraries_in_doubt as (

    select district_code
    from quarantine
    where source = 'schools.schools' and effect = 'provisional'
    union
    select district_code
    from doubts
    where source = 'schools.schools'

),

-- A school of an unknown type may be the one that runs a stage.
schools_of_unknown_type as (

    select distinct
        district_code,
        year
    from schools_on_days
    where type_group = 'unknown' and coalesce(is_public, true)

),

-- Pupils with special needs learn in ordinary schools too. Where it is not known whether a school
-- is public, its stages may be run.
stages_run as (

    select distinct
        district_code,
        year,
        stage
    from school_stages
    where coalesce(is_public, true)
    union
    select distinct
        district_code,
        year,
        '特殊教育' as stage
    from school_stages
    where coalesce(is_public, true) and stage in ('普通小学', '普通初中')

)

select
    md5(
        with_period.district_code || '|' || cast(with_period.evaluation_year as string) || '|'
        || with_period.indicator_id || '|' || with_period.period || '|'
        || with_period.dimension || '|' || with_period.member
    ) as value_id,
    with_period.district_code,
    with_period.evaluation_year,
    with_period.indicator_id,
    with_period.year,
    with_period.period,
    with_period.dimension,
    with_period.member,
    with_period.formula,
    -- Without a whole library nothing is known to be absent: the value is missing, not
    -- inapplicable.
    with_period.dimension <> 'stage'
    or library.year is null
    or libraries_in_doubt.district_code is not null
    or schools_of_unknown_type.year is not null
    or stages_run.stage is not null as is_applicable
from with_period
left join library
    on
        with_period.district_code = library.district_code
        and with_period.year = library.year
left join libraries_in_doubt on with_period.district_code = libraries_in_doubt.district_code
left join schools_of_unknown_type
    on
        with_period.district_code = schools_of_unknown_type.district_code
        and with_period.year = schools_of_unknown_type.year
left join stages_run
    on
        with_period.district_code = stages_run.district_code
        and with_period.year = stages_run.year
        and with_period.member = stages_run.stage
