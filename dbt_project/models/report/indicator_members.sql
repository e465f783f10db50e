-- One row per indicator and member: for whom the indicator is published, and how many units of
-- its numerator and denominator are one person (null where they count no persons).
-- depends_on: {{ ref('mart_education_funds') }}
-- depends_on: {{ ref('mart_operating_funds') }}
-- depends_on: {{ ref('mart_operating_standards') }}
-- depends_on: {{ ref('mart_schools') }}
-- depends_on: {{ ref('mart_staff_training') }}
{%- for indicator in indicators() %}
{%- set outer_loop = loop %}
{%- for member in indicator.members %}
{{ 'union all' if not (outer_loop.first and loop.first) }}
select
    {{ quoted(indicator.id) }} as indicator_id,
    {{ quoted(indicator.formula) }} as formula,
    {{ quoted(indicator.period_kind) }} as period_kind,
    {{ quoted(indicator.dimension) }} as dimension,
    {{ quoted(member) }} as member,
    {{ persons_unit_of(indicator, 'numerator') }} as numerator_persons_unit,
    {{ persons_unit_of(indicator, 'denominator') }} as denominator_persons_unit
{%- endfor %}
{%- endfor %}
