-- One row per base indicator, district, year, member, role and file: how many rows of the file
-- carry the value, what they add up to, and how many persons that are (null where it counts no
-- persons). Inputs are what a value is decided by without being summed into it.
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
-- depends_on: {{ ref('int_allocated_funds') }}
-- depends_on: {{ ref('int_boarder_funds') }}
-- depends_on: {{ ref('int_class_sizes') }}
-- depends_on: {{ ref('int_education_funds') }}
-- depends_on: {{ ref('int_education_payments') }}
-- depends_on: {{ ref('int_funded_students') }}
-- depends_on: {{ ref('int_meal_funds') }}
-- depends_on: {{ ref('int_meal_payments') }}
-- depends_on: {{ ref('int_operating_funds') }}
-- depends_on: {{ ref('int_primary_and_secondary_schools') }}
-- depends_on: {{ ref('int_pupils_compared') }}
-- depends_on: {{ ref('int_school_entitlements') }}
-- depends_on: {{ ref('int_school_resources') }}
-- depends_on: {{ ref('int_security_guards') }}
-- depends_on: {{ ref('int_security_payments') }}
-- depends_on: {{ ref('int_staff_training') }}
-- depends_on: {{ ref('int_stage_payments') }}
-- depends_on: {{ ref('int_student_aid') }}
-- depends_on: {{ ref('int_student_months') }}
-- depends_on: {{ ref('int_training_hours') }}
select
    cast(null as string) as indicator_id,
    cast(null as string) as district_code,
    cast(null as int) as year,
    cast(null as string) as dimension,
    cast(null as string) as member,
    cast(null as string) as role,
    cast(null as string) as mart,
    cast(null as string) as fact,
    cast(null as string) as measure,
    cast(null as string) as source,
    cast(null as string) as file_id,
    cast(null as string) as sheets,
    cast(null as bigint) as row_count,
    cast(null as decimal(38, 2)) as measure_sum,
    cast(null as bigint) as persons
where false
{%- for indicator in indicators() if not indicator.components and not indicator.register %}
{%- set roles = [] %}
{%- for name in ['numerator', 'denominator'] if indicator.get(name) %}
{%- do roles.append(dict(indicator[name], role=name)) %}
{%- endfor %}
{%- for input in indicator.inputs %}
{%- do roles.append(dict(input, role='input')) %}
{%- endfor %}
{%- for role in roles if role.fact != 'int_school_entitlements' %}
{%- set is_per_school = role.fact == 'int_funded_students' %}
{%- for dimension in dimensions_of(indicator) %}
{%- set is_total = dimension.name == 'total' %}
union all
select
    {{ quoted(indicator.id) }} as indicator_id,
    district_code,
    year,
    {{ quoted(dimension.name) }} as dimension,
    {{ "'total'" if is_total else dimension.name }} as member,
    {{ quoted(role.role) }} as role,
    {{ quoted(indicator.mart) }} as mart,
    {{ quoted(role.fact) }} as fact,
    {{ quoted(role.measure) }} as measure,
    {{ quoted(measure_of(role).source) }} as source,
    _file_id as file_id,
    {{ "'[]'" if is_per_school else json_list('_sheet') }} as sheets,
    cast(count(*) as bigint) as row_count,
    cast(sum({{ role.measure }}) as decimal(38, 2)) as measure_sum,
    {%- if not counts_persons(indicator.mart, role.measure) %}
    cast(null as bigint) as persons
    {%- elif is_per_school or measure_of(role).cells %}
    cast(sum({{ role.measure }}) as bigint) as persons
    {%- else %}
    cast(count(*) as bigint) as persons
    {%- endif %}
from {{ ref(role.fact) }}
where
    {{ role.measure }} is not null
    {%- if not is_total %}
    and {{ dimension.name }} is not null
    {%- endif %}
group by district_code, year, {{ dimension.name ~ ', ' if not is_total }}_file_id
{%- endfor %}
{%- endfor %}
{%- endfor %}
union all
select
    indicator_id,
    district_code,
    year,
    'total' as dimension,
    'total' as member,
    role,
    coalesce(cells_of, 'mart_registers') as mart,
    fact,
    measure,
    source,
    _file_id as file_id,
    {{ json_list('_sheet') }} as sheets,
    cast(count(*) as bigint) as row_count,
    cast(sum(amount) as decimal(38, 2)) as measure_sum,
    cast(case when cells_of is not null then sum(amount) end as bigint) as persons
from {{ ref('int_register_rows') }}
where indicator_id is not null
group by
    indicator_id,
    district_code,
    year,
    role,
    fact,
    measure,
    source,
    cells_of,
    _file_id
