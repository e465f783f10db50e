-- One row per base indicator, district, year and member: numerator, denominator and value.
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
{%- for indicator in indicators() if not indicator.components and not indicator.register %}
{%- set names = dimensions_of(indicator) | map(attribute='name') | join("', '") %}
{{ 'union all' if not loop.first }}
select
    {{ quoted(indicator.id) }} as indicator_id,
    district_code,
    year,
    {{ 'period' if indicator.period_kind == 'term' else period_of(indicator.period_kind, 'year') }}
        as period,
    dimension,
    member,
    cast({{ indicator.numerator.measure if indicator.numerator else 'null' }} as decimal(38, 2))
        as numerator,
    cast({{ indicator.denominator.measure if indicator.denominator else 'null' }} as decimal(38, 2))
        as denominator,
    cast({{ indicator.mart_column }} as decimal(38, 10)) as value
from {{ ref(indicator.mart) }}
where dimension in ('{{ names }}')
{%- endfor %}
union all
select
    indicator_id,
    district_code,
    year,
    period,
    dimension,
    member,
    numerator,
    denominator,
    value
from {{ ref('mart_registers') }}
