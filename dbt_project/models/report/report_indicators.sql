-- One row per indicator: its definition, as it stands beside the SQL that computes it.
with

definitions as (

    select * from {{ source('landing', 'indicators') }}

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
