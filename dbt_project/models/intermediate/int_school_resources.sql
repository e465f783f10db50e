-- One row per school and stage of the resource forms, and why it counts nowhere.
with

resources as (

    select
        *,
        cast(substr(period, 1, 4) as int) as year
    from {{ source('schools', 'resources') }}

),

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}
    where day_kind = 'census'

),

schools_compared as (

    select * from {{ ref('int_schools_compared') }}

),

matched as (

    select
        resources.*,
        case
            when schools_on_days.school_code is null then 'unmatched school'
            when schools_compared.school_code is null then 'no pupils'
            else schools_compared.left_out
        end as left_out
    from resources
    left join schools_on_days
        on
            resources.district_code = schools_on_days.district_code
            and resources.year = schools_on_days.year
            and resources.school_code = schools_on_days.school_code
    left join schools_compared
        on
            resources.district_code = schools_compared.district_code
            and resources.year = schools_compared.year
            and resources.school_code = schools_compared.school_code
            and resources.stage = schools_compared.stage

)

select
    district_code,
    period,
    year,
    school_code,
    stage,
    left_out,
    cast(null as string) as in_doubt,
    {%- for name, measure in resources_compared().items() %}
    cast(case when left_out is null then {{ measure.of }} end as {{ measure.type }}) as {{ name }},
    {%- endfor %}
    _file_id,
    _sheet,
    _row_number
from matched
