-- One row per due value and source that it needs: in which role and fact, of which period, and
-- whether a delivery of it is in force.
with

value_keys as (

    select * from {{ ref('value_keys') }}

),

closure as (

    select * from {{ source('landing', 'components') }}

),

measure_needs as (

    select * from {{ source('landing', 'needs') }}

),

source_status as (

    select * from {{ source('landing', 'source_status') }}

),

needs as (

    select distinct
        value_keys.value_id,
        value_keys.district_code,
        value_keys.evaluation_year,
        value_keys.dimension,
        value_keys.member,
        measure_needs.role,
        measure_needs.fact,
        measure_needs.source,
        measure_needs.has_its_rows,
        case
            when measure_needs.is_standing then 0
            else
                value_keys.year - value_keys.evaluation_year
                + closure.year_offset + measure_needs.year_offset
        end as year_offset
    from value_keys
    inner join closure on value_keys.indicator_id = closure.indicator_id
    inner join measure_needs on closure.component_id = measure_needs.indicator_id
    -- what is short is counted of the values that are there
    where value_keys.formula <> 'count_unmet'

)

select
    needs.value_id,
    needs.district_code,
    needs.dimension,
    needs.member,
    needs.role,
    needs.fact,
    needs.source,
    needs.has_its_rows,
    source_status.period,
    source_status.source_title,
    source_status.owner_office,
    coalesce(source_status.is_in_force, false) as is_in_force,
    coalesce(source_status.gap, needs.source || ':合同未声明所需年份') as gap
from needs
left join source_status
    on
        needs.district_code = source_status.district_code
        and needs.evaluation_year = source_status.evaluation_year
        and needs.source = source_status.source
        and needs.year_offset = source_status.year_offset
