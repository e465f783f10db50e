-- One row per base indicator, role, fact, source and year: what its measures rest on, and whether
-- the fact has a row for each row of the source that counts.
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
    cast(null as string) as role,
    cast(null as string) as fact,
    cast(null as string) as source,
    cast(null as boolean) as is_standing,
    cast(null as boolean) as has_its_rows,
    cast(null as int) as year_offset
where false
{%- for indicator in indicators() %}
{%- for role in ['numerator', 'denominator'] if indicator.get(role) %}
{%- for source, offsets in measure_of(indicator[role]).needs.items() %}
{%- for year_offset in offsets %}
union all
select
    {{ quoted(indicator.id) }} as indicator_id,
    {{ quoted(role) }} as role,
    {{ quoted(indicator[role].fact) }} as fact,
    {{ quoted(source) }} as source,
    {{ 'true' if is_standing(source) else 'false' }} as is_standing,
    {{ 'true' if has_rows_of(indicator[role], source) else 'false' }} as has_its_rows,
    {{ year_offset }} as year_offset
{%- endfor %}
{%- endfor %}
{%- endfor %}
{%- endfor %}
