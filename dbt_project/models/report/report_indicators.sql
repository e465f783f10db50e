-- One row per indicator: its definition, as it stands beside the SQL that computes it.
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
with

definitions as (

    {%- for indicator in indicators() %}
    {{ 'union all' if not loop.first }}
    select
        {{ quoted(indicator.id) }} as indicator_id,
        {{ quoted(indicator.title_zh) }} as title_zh,
        {{ quoted(indicator.title_en) }} as title_en,
        {{ quoted(indicator.mart) }} as mart,
        {{ quoted(indicator.mart_column) }} as mart_column,
        {{ quoted(indicator.value_type) }} as value_type,
        {{ quoted(indicator.unit) }} as unit,
        {{ indicator.decimals }} as decimals,
        {{ quoted(indicator.formula) }} as formula,
        {{ quoted(indicator.multiplier) }} as multiplier,
        {{ quoted(indicator.numerator.fact ~ '.' ~ indicator.numerator.measure
                  if indicator.numerator else none) }} as numerator,
        {{ quoted(indicator.denominator.fact ~ '.' ~ indicator.denominator.measure
                  if indicator.denominator else none) }} as denominator,
        {{ quoted(tojson(components_of(indicator), sort_keys=true)) }} as components,
        {{ quoted(dimensions_of(indicator) | map(attribute='name') | join(', ')) }} as dimension,
        {{ quoted(indicator.period_kind) }} as period_kind,
        {{ quoted(indicator.population) }} as population,
        {{ quoted(indicator.standard or indicator.get('shows_standard')) }} as standard_id,
        {{ quoted(indicator.better) }} as better,
        {{ quoted(indicator.data_class) }} as data_class,
        {{ quoted(indicator.owner_office) }} as owner_office,
        {{ quoted(indicator.publish) }} as publish,
        {{ quoted(indicator.basis) }} as basis,
        {{ quoted(indicator.definition_zh) }} as definition_zh,
        {{ quoted(definition_version(indicator)) }} as definition_version
    {%- endfor %}
    union all
    select
        {{ not_covered('report_outline') }} as indicator_id,
        max(title_zh) as title_zh,
        cast(null as string) as title_en,
        cast(null as string) as mart,
        cast(null as string) as mart_column,
        'text' as value_type,
        max(suffix) as unit,
        0 as decimals,
        'not_covered' as formula,
        '1' as multiplier,
        cast(null as string) as numerator,
        cast(null as string) as denominator,
        '[]' as components,
        'total' as dimension,
        'calendar_year' as period_kind,
        cast(null as string) as population,
        cast(null as string) as standard_id,
        cast(null as string) as better,
        cast(null as string) as data_class,
        max(owner_office) as owner_office,
        'public' as publish,
        '尚未接入数据来源' as basis,
        '尚未接入数据来源' as definition_zh,
        'not_covered' as definition_version
    from {{ ref('report_outline') }} as report_outline
    where indicator_id is null
    group by figure_id

),

-- A standard that was not verified against the official text says so wherever it is shown.
unverified as (

    select
        standard_id,
        max(case when certainty <> 'verified' then 1 else 0 end) as is_unverified
    from {{ ref('standards') }}
    group by standard_id

)

select
    definitions.indicator_id,
    definitions.title_zh,
    definitions.title_en,
    definitions.mart,
    definitions.mart_column,
    definitions.value_type,
    definitions.unit,
    definitions.decimals,
    definitions.formula,
    definitions.multiplier,
    definitions.numerator,
    definitions.denominator,
    definitions.components,
    definitions.dimension,
    definitions.period_kind,
    definitions.population,
    definitions.standard_id,
    definitions.better,
    definitions.data_class,
    definitions.owner_office,
    definitions.publish,
    definitions.basis,
    definitions.definition_zh || case when unverified.is_unverified = 1 then '(标准待核)' else '' end
        as definition_zh,
    definitions.definition_version
from definitions
left join unverified on definitions.standard_id = unverified.standard_id
