-- One row per indicator and indicator that it rests on, itself among them, with the years between.
-- Two steps are enough: all tests met -> growth -> the value that grows.
with

members as (

    select distinct indicator_id from {{ ref('indicator_members') }}

),

components as (

    select * from {{ ref('indicator_components') }}

),

closure as (

    select
        indicator_id,
        indicator_id as component_id,
        0 as year_offset
    from members
    union all
    select
        indicator_id,
        component_id,
        year_offset
    from components
    union all
    select
        components.indicator_id,
        deeper.component_id,
        components.year_offset + deeper.year_offset as year_offset
    from components
    inner join components as deeper on components.component_id = deeper.indicator_id

)

select distinct
    indicator_id,
    component_id,
    year_offset
from closure
