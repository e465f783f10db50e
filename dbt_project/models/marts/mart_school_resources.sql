-- One row per district, census day and stage: what the schools have for their pupils, in all and
-- by how much the schools differ. The coefficient of variation weighs each school by its pupils:
-- the root of the mean square of how far the school's pupils are from those of all, in shares.
{%- set measures = resources_compared() %}
with

resources as (

    select * from {{ ref('int_school_resources') }}
    where left_out is null

),

pupils_compared as (

    select * from {{ ref('int_pupils_compared') }}
    where left_out is null

),

pupils_by_school as (

    select
        district_code,
        year,
        school_code,
        stage,
        cast(sum(pupils) as bigint) as pupils
    from pupils_compared
    group by district_code, year, school_code, stage

),

resources_by_school as (

    select
        district_code,
        year,
        school_code,
        {%- for name in measures %}
        cast(sum({{ name }}) as decimal(18, 2)) as {{ name }},
        {%- endfor %}
        stage
    from resources
    group by district_code, year, school_code, stage

),

by_school as (

    select
        resources_by_school.*,
        pupils_by_school.pupils
    from resources_by_school
    inner join pupils_by_school
        on
            resources_by_school.district_code = pupils_by_school.district_code
            and resources_by_school.year = pupils_by_school.year
            and resources_by_school.school_code = pupils_by_school.school_code
            and resources_by_school.stage = pupils_by_school.stage

),

by_stage as (

    select
        district_code,
        year,
        stage,
        {%- for name in measures %}
        cast(sum({{ name }}) as decimal(18, 2)) as {{ name }},
        {%- endfor %}
        cast(sum(pupils) as bigint) as pupils
    from by_school
    group by district_code, year, stage

),

deviations as (

    select
        by_school.district_code,
        by_school.year,
        by_school.stage,
        {%- for name in measures %}
        {%- set own = 'by_school.' ~ name ~ ' * by_stage.pupils' %}
        {%- set due = 'by_stage.' ~ name ~ ' * by_school.pupils' %}
        cast({{ ratio(own ~ ' - ' ~ due, due) }} as decimal(18, 10)) as {{ name }},
        {%- endfor %}
        by_school.pupils
    from by_school
    inner join by_stage
        on
            by_school.district_code = by_stage.district_code
            and by_school.year = by_stage.year
            and by_school.stage = by_stage.stage

),

squares as (

    select
        district_code,
        year,
        stage,
        {%- for name in measures %}
        cast({{ name }} * {{ name }} as decimal(26, 10)) as {{ name }},
        {%- endfor %}
        cast(pupils as decimal(9, 0)) as pupils
    from deviations

),

variances as (

    select
        district_code,
        year,
        {%- for name in measures %}
        {{ ratio('cast(sum(pupils * ' ~ name ~ ') as decimal(38, 10))', 'sum(pupils)', 1, 10) }}
            as {{ name }},
        {%- endfor %}
        stage
    from squares
    group by district_code, year, stage

)

select
    by_stage.district_code,
    by_stage.year,
    {{ period_of('census_day', 'by_stage.year') }} as period,
    'stage' as dimension,
    by_stage.stage as member,
    {%- for name, measure in measures.items() %}
    cast(by_stage.{{ name }} as {{ 'bigint' if measure.type == 'bigint' else 'decimal(38, 2)' }})
        as {{ name }},
    {{ ratio('by_stage.' ~ name, 'by_stage.pupils', measure.pupils) }} as {{ name }}_per_pupil,
    {{ root('variances.' ~ name) }} as {{ name }}_balance,
    {%- endfor %}
    by_stage.pupils
from by_stage
inner join variances
    on
        by_stage.district_code = variances.district_code
        and by_stage.year = variances.year
        and by_stage.stage = variances.stage
