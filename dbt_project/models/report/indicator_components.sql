-- One row per indicator and component that it rests on directly.
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
    cast(null as string) as indicator_id,
    cast(null as string) as component_id,
    cast(null as int) as year_offset
where false
{%- for indicator in indicators() %}
{%- for part in components_of(indicator) %}
union all
select
    {{ quoted(indicator.id) }} as indicator_id,
    {{ quoted(part.id) }} as component_id,
    {{ part.year_offset }} as year_offset
{%- endfor %}
{%- endfor %}
