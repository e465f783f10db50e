-- One row per count of persons that a mart shows, by measure, district, year and member, how many
-- units of the measure are one person, and which measure is the money paid to them.
-- depends_on: {{ ref('mart_class_sizes') }}
-- depends_on: {{ ref('mart_education_funds') }}
-- depends_on: {{ ref('mart_meals') }}
-- depends_on: {{ ref('mart_operating_funds') }}
-- depends_on: {{ ref('mart_operating_standards') }}
-- depends_on: {{ ref('mart_school_resources') }}
-- depends_on: {{ ref('mart_schools') }}
-- depends_on: {{ ref('mart_security') }}
-- depends_on: {{ ref('mart_staff_training') }}
-- depends_on: {{ ref('mart_student_aid') }}
select
    cast(null as string) as mart,
    cast(null as string) as measure,
    cast(null as string) as district_code,
    cast(null as int) as year,
    cast(null as string) as dimension,
    cast(null as string) as member,
    cast(null as bigint) as amount,
    cast(null as int) as persons_unit,
    cast(null as string) as money_measure
where false
{%- if execute %}
{%- for mart in graph.nodes.values() | sort(attribute='name')
    if mart.resource_type == 'model' and mart.columns.get('member') %}
{%- for persons in persons_of(mart) %}
union all
select
    {{ quoted(mart.name) }} as mart,
    {{ quoted(persons.measure) }} as measure,
    district_code,
    year,
    dimension,
    member,
    cast({{ persons.measure }} as bigint) as amount,
    {{ persons.unit }} as persons_unit,
    nullif({{ quoted(persons.money) }}, '') as money_measure
from {{ ref(mart.name) }}
where {{ persons.measure }} is not null
{%- endfor %}
{%- endfor %}
{%- endif %}
{%- set paid = {} %}
{%- for register in registers() %}
{%- for indicator in indicators_of(register) if indicator.get('paid_to') %}
{%- do paid.update({indicator.paid_to: indicator.id}) %}
{%- endfor %}
{%- endfor %}
union all
select distinct
    cells_of as mart,
    measure,
    district_code,
    year,
    'total' as dimension,
    'total' as member,
    cast(sum(amount) over (
        partition by cells_of, indicator_id, measure, district_code, year
    ) as bigint) as amount,
    1 as persons_unit,
    {%- if paid %}
    case measure
        {%- for persons, money in paid.items() %}
        when {{ quoted(persons) }} then {{ quoted(money) }}
        {%- endfor %}
    end as money_measure
    {%- else %}
    cast(null as string) as money_measure
    {%- endif %}
from {{ ref('int_register_rows') }}
where cells_of is not null
