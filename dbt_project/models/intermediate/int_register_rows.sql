-- One row per measure of a register and row of its fact that carries it; and one per row of which
-- it is not known whether it counts, with the reason and without a measure.
{%- for fact, relation in register_facts().items() %}
{%- for register in registers() if register.name == fact %}
{%- for measure in register_measures(register.source) %}
select
    {{ quoted(register.source) }} as source,
    {{ quoted(fact) }} as fact,
    {{ quoted(measure.name) }} as measure,
    district_code,
    cast(null as string) as period,
    year,
    cast({{ measure.name }} as decimal(38, 2)) as amount,
    cast(null as string) as unit,
    cast(null as string) as reason,
    _file_id,
    _sheet,
    _row_number
from {{ relation }}
where {{ measure.name }} is not null
union all
{%- endfor %}
select
    {{ quoted(register.source) }} as source,
    {{ quoted(fact) }} as fact,
    cast(null as string) as measure,
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
from {{ relation }}
where {{ reason_of_doubt() }} is not null
union all
{%- endfor %}
{%- endfor %}
{%- for fact, relation, source, measure in [
    ('int_primary_and_secondary_schools', ref('int_primary_and_secondary_schools'),
     'schools.schools', 'schools'),
    ('int_staff_training', ref('int_staff_training'), 'staffing.staff', 'staff'),
] %}
select
    {{ quoted(source) }} as source,
    {{ quoted(fact) }} as fact,
    {{ quoted(measure) }} as measure,
    district_code,
    cast(null as string) as period,
    year,
    cast({{ measure }} as decimal(38, 2)) as amount,
    cast(null as string) as unit,
    cast(null as string) as reason,
    _file_id,
    _sheet,
    _row_number
from {{ relation }}
where {{ measure }} is not null
{{ 'union all' if not loop.last }}
{%- endfor %}
