-- One row per value, role and file: which files a value rests on, with how many rows and what sum.
-- Only formulas that read facts have evidence of their own; the others rest on other values.
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
    base_evidence.row_count,
    base_evidence.measure_sum
from value_keys
inner join base_evidence
    on
        value_keys.indicator_id = base_evidence.indicator_id
        and value_keys.district_code = base_evidence.district_code
        and value_keys.year = base_evidence.year
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
-- the counts of a hidden value would give it away
where report_values.state in ('actual', 'provisional', 'partial')
