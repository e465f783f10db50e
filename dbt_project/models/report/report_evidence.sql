-- One row per value, role and file: which files a value rests on, with how many rows and what sum.
-- Only formulas that read facts have evidence of their own; the others rest on other values. Where
-- one file holds 1 to 4 persons, no file of the value says how many it holds.
with

value_keys as (

    select * from {{ ref('value_keys') }}

),

report_values as (

    select * from {{ ref('report_values') }}

),

base_evidence as (

    select * from {{ ref('base_evidence') }}

),

hidden_cells as (

    select * from {{ ref('hidden_cells') }}

),

with_few_in_a_file as (

    select distinct
        indicator_id,
        district_code,
        year,
        dimension,
        member,
        role,
        measure
    from base_evidence
    where persons > 0 and persons < {{ var('fewest_persons_shown') }}

),

deliveries as (

    -- the same bytes may have come under two names
    select
        file_id,
        source,
        district_code,
        min(original_name) as original_name
    from {{ source('landing', 'deliveries') }}
    group by file_id, source, district_code

)

select
    value_keys.district_code,
    value_keys.evaluation_year,
    value_keys.indicator_id,
    value_keys.period,
    value_keys.dimension,
    value_keys.member,
    base_evidence.role,
    base_evidence.file_id,
    base_evidence.fact,
    base_evidence.source,
    deliveries.original_name,
    base_evidence.file_id as sha256,
    base_evidence.sheets,
    case
        when hidden_cells.measure is null and with_few_in_a_file.measure is null
            then base_evidence.row_count
    end as row_count,
    case
        when hidden_cells.measure is null and with_few_in_a_file.measure is null
            then base_evidence.measure_sum
    end as measure_sum
from value_keys
inner join base_evidence
    on
        value_keys.indicator_id = base_evidence.indicator_id
        and value_keys.district_code = base_evidence.district_code
        and value_keys.year = base_evidence.year
        and value_keys.dimension = base_evidence.dimension
        and value_keys.member = base_evidence.member
inner join report_values
    on
        value_keys.district_code = report_values.district_code
        and value_keys.evaluation_year = report_values.evaluation_year
        and value_keys.indicator_id = report_values.indicator_id
        and value_keys.period = report_values.period
        and value_keys.dimension = report_values.dimension
        and value_keys.member = report_values.member
left join deliveries
    on
        base_evidence.file_id = deliveries.file_id
        and base_evidence.source = deliveries.source
        and base_evidence.district_code = deliveries.district_code
left join hidden_cells
    on
        base_evidence.mart = hidden_cells.mart
        and base_evidence.measure = hidden_cells.measure
        and base_evidence.district_code = hidden_cells.district_code
        and base_evidence.year = hidden_cells.year
        and base_evidence.dimension = hidden_cells.dimension
        and base_evidence.member = hidden_cells.member
left join with_few_in_a_file
    on
        base_evidence.indicator_id = with_few_in_a_file.indicator_id
        and base_evidence.district_code = with_few_in_a_file.district_code
        and base_evidence.year = with_few_in_a_file.year
        and base_evidence.dimension = with_few_in_a_file.dimension
        and base_evidence.member = with_few_in_a_file.member
        and base_evidence.role = with_few_in_a_file.role
        and base_evidence.measure = with_few_in_a_file.measure
-- the counts of a hidden value would give it away
where report_values.state in ('actual', 'provisional', 'partial')
