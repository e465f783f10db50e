-- One row per indicator of a register, role and row of its fact that carries it; and one per row of
-- which it is not known whether it counts, with the reason and without an indicator.
{%- set facts = register_facts() %}
{%- set others = {
    'int_primary_and_secondary_schools': ref('int_primary_and_secondary_schools'),
    'int_staff_training': ref('int_staff_training'),
} %}
select
    cast(null as string) as indicator_id,
    cast(null as string) as role,
    cast(null as string) as source,
    cast(null as string) as fact,
    cast(null as string) as measure,
    cast(null as string) as period_kind,
    cast(null as string) as population,
    cast(null as int) as multiplier,
    cast(null as boolean) as is_share,
    cast(null as string) as cells_of,
    cast(null as string) as district_code,
    cast(null as string) as period,
    cast(null as int) as year,
    cast(null as decimal(38, 2)) as amount,
    cast(null as string) as unit,
    cast(null as string) as reason,
    cast(null as string) as _file_id,
    cast(null as string) as _sheet,
    cast(null as bigint) as _row_number
where false
{%- for register in registers() %}
{%- for indicator in indicators_of(register) %}
{%- for role in ['numerator', 'denominator'] if indicator.get(role) %}
{%- set fact, measure = indicator[role].fact, indicator[role].measure %}
union all
select
    {{ quoted(indicator.id) }} as indicator_id,
    {{ quoted(role) }} as role,
    {{ quoted(measure_of(indicator[role]).source) }} as source,
    {{ quoted(fact) }} as fact,
    {{ quoted(measure) }} as measure,
    {{ quoted(indicator.period_kind) }} as period_kind,
    {{ quoted(indicator.population) }} as population,
    {{ indicator.multiplier }} as multiplier,
    {{ 'true' if indicator.denominator else 'false' }} as is_share,
    {{ quoted(indicator.cells_of) }} as cells_of,
    district_code,
    cast(null as string) as period,
    year,
    cast({{ measure }} as decimal(38, 2)) as amount,
    cast(null as string) as unit,
    cast(null as string) as reason,
    _file_id,
    _sheet,
    _row_number
from {{ facts.get(fact) or others[fact] }}
where {{ measure }} is not null
{%- endfor %}
{%- endfor %}
union all
select
    cast(null as string) as indicator_id,
    cast(null as string) as role,
    {{ quoted(register.source) }} as source,
    {{ quoted(register.name) }} as fact,
    cast(null as string) as measure,
    cast(null as string) as period_kind,
    cast(null as string) as population,
    cast(null as int) as multiplier,
    cast(null as boolean) as is_share,
    cast(null as string) as cells_of,
    district_code,
    period,
    year,
    cast(null as decimal(38, 2)) as amount,
    {{ 'school_code' if 'school_code' in register_columns(register.source)
        else 'cast(null as string)' }} as unit,
    {{ reason_of_doubt() }} as reason,
    _file_id,
    _sheet,
    _row_number
from {{ facts[register.name] }}
where {{ reason_of_doubt() }} is not null
{%- endfor %}
