-- One row per row that counts and is in doubt, fact in which it counts, dimension and member of it.
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
with

doubts as (

    select * from {{ source('landing', 'doubts') }}
    where is_of_row

)

select
    cast(null as string) as district_code,
    cast(null as string) as source,
    cast(null as string) as fact,
    cast(null as string) as dimension,
    cast(null as string) as member,
    cast(null as string) as file_id,
    cast(null as string) as sheet,
    cast(null as bigint) as row_number
where false
{%- set seen = [] %}
{%- for indicator in indicators() if not indicator.components and not indicator.register %}
{%- for name in ['numerator', 'denominator'] if indicator.get(name) %}
{%- set role = indicator[name] %}
{%- for dimension in dimensions_of(indicator)
    if has_rows_of(role, measure_of(role).source) and (role.fact, dimension.name) not in seen %}
{%- do seen.append((role.fact, dimension.name)) %}
union all
select distinct
    fact.district_code,
    {{ quoted(measure_of(role).source) }} as source,
    {{ quoted(role.fact) }} as fact,
    {{ quoted(dimension.name) }} as dimension,
    {{ "'total'" if dimension.name == 'total' else 'fact.' ~ dimension.name }} as member,
    doubts.file_id,
    doubts.sheet,
    doubts.row_number
from {{ ref(role.fact) }} as fact
inner join doubts
    on
        fact.district_code = doubts.district_code
        and doubts.source = {{ quoted(measure_of(role).source) }}
        and fact._file_id = doubts.file_id
        and fact._sheet = doubts.sheet
        and fact._row_number = doubts.row_number
{%- if keeps_left_out(role.fact) %}
where fact.left_out is null
{%- endif %}
{%- endfor %}
{%- endfor %}
{%- endfor %}
union all
select distinct
    register_rows.district_code,
    register_rows.source,
    register_rows.fact,
    'total' as dimension,
    'total' as member,
    doubts.file_id,
    doubts.sheet,
    doubts.row_number
from {{ ref('int_register_rows') }} as register_rows
inner join doubts
    on
        register_rows.district_code = doubts.district_code
        and register_rows.source = doubts.source
        and register_rows._file_id = doubts.file_id
        and register_rows._sheet = doubts.sheet
        and register_rows._row_number = doubts.row_number
where register_rows.indicator_id is not null
