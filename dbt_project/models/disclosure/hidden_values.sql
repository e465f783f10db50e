-- One row per due value whose numerator or denominator is a hidden count of persons, or money paid
-- to them.
with

value_keys as (

    select * from {{ ref('value_keys') }}

),

members as (

    select * from {{ source('landing', 'members') }}

),

hidden_cells as (

    select * from {{ ref('hidden_cells') }}

)

select distinct value_keys.value_id
from value_keys
inner join members
    on
        value_keys.indicator_id = members.indicator_id
        and value_keys.dimension = members.dimension
        and value_keys.member = members.member
inner join hidden_cells
    on
        members.mart = hidden_cells.mart
        and value_keys.district_code = hidden_cells.district_code
        and value_keys.year = hidden_cells.year
        and value_keys.dimension = hidden_cells.dimension
        and value_keys.member = hidden_cells.member
        and hidden_cells.measure in (members.numerator_measure, members.denominator_measure)
