-- One row per indicator and member: for whom the indicator is published, and which measures of its
-- mart are its numerator and denominator. A figure of the outline without a source is one, too.
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
{%- for indicator in indicators() %}
{%- set outer_loop = loop %}
{%- for dimension in dimensions_of(indicator) %}
{%- set is_first = outer_loop.first and loop.first %}
{%- for member in dimension.members %}
{{ 'union all' if not (is_first and loop.first) }}
select
    {{ quoted(indicator.id) }} as indicator_id,
    {{ quoted(indicator.formula) }} as formula,
    {{ quoted(indicator.period_kind) }} as period_kind,
    {{ quoted(dimension.name) }} as dimension,
    {{ quoted(member) }} as member,
    {{ quoted(indicator.cells_of or indicator.mart) }} as mart,
    cast({{ quoted(indicator.numerator.measure) if indicator.numerator else 'null' }} as string)
        as numerator_measure,
    cast({{ quoted(indicator.denominator.measure) if indicator.denominator else 'null' }} as string)
        as denominator_measure
{%- endfor %}
{%- endfor %}
{%- endfor %}
union all
select distinct
    {{ not_covered('report_outline') }} as indicator_id,
    'not_covered' as formula,
    'calendar_year' as period_kind,
    dimension,
    member,
    cast(null as string) as mart,
    cast(null as string) as numerator_measure,
    cast(null as string) as denominator_measure
from {{ ref('report_outline') }} as report_outline
where indicator_id is null
