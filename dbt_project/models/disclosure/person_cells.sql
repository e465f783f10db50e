-- One row per count of persons that a mart shows, by measure, district, year and member, how many
-- units of the measure are one person, and which measure is the money paid to them.
with

register_rows as (

    select * from {{ ref('int_register_rows') }}

),

measures as (

    select * from {{ source('landing', 'measures') }}

),

of_registers as (

    select
        measures.indicator_id,
        measures.mart,
        measures.measure,
        register_rows.district_code,
        register_rows.year,
        cast(sum(register_rows.amount) as bigint) as amount,
        max(measures.paid_measure) as money_measure
    from register_rows
    inner join measures
        on
            register_rows.fact = measures.fact
            and register_rows.measure = measures.measure
    where measures.mart like 'mart_registers: %' and measures.persons_from is not null
    group by
        measures.indicator_id,
        measures.mart,
        measures.measure,
        register_rows.district_code,
        register_rows.year

)

{%- for mart, relation in indicator_marts().items() %}
{%- for persons in columns_with(mart, 'persons_unit') %}
{%- set money = columns_with(mart, 'paid_to')
    | selectattr('meta.paid_to', 'equalto', persons.name) | map(attribute='name') | first %}
select
    {{ quoted(mart) }} as mart,
    {{ quoted(persons.name) }} as measure,
    district_code,
    year,
    dimension,
    member,
    cast({{ persons.name }} as bigint) as amount,
    {{ persons.meta.persons_unit }} as persons_unit,
    cast({{ quoted(money) }} as string) as money_measure
from {{ relation }}
where {{ persons.name }} is not null
union all
{%- endfor %}
{%- endfor %}
select distinct
    mart,
    measure,
    district_code,
    year,
    'total' as dimension,
    'total' as member,
    amount,
    1 as persons_unit,
    money_measure
from of_registers
