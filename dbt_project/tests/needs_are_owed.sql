-- What: the contracts owe every delivery that an indicator rests on, in each open year; what
--   is not in force says so in a sentence; a row that finds no school makes a value of its fact
--   provisional.
-- When it matters: what no contract owes is asked of nobody, and its figure would be missing
--   for ever; a loss that no value notices is a silent drop.
-- To resolve: add the year to `period.years` in the contract of the source, or mend `needs` of
--   the measure in the fact's YAML.
with

source_status as (

    select * from {{ source('landing', 'source_status') }}

),

open_years as (

    select
        district_code,
        evaluation_year
    from {{ source('landing', 'districts') }}

),

losses as (

    select distinct
        source,
        fact
    from {{ ref('int_unmatched_units') }}

),

measured as (

    select distinct
        source,
        fact
    from {{ source('landing', 'needs') }}

)

select
    'needed, and owed by no contract' as rule,
    open_years.district_code,
    open_years.evaluation_year,
    needs.indicator_id || ': ' || needs.source || ', year ' || cast(needs.year_offset as string)
        as place
from open_years
cross join {{ ref('report_needs') }} as needs
left join source_status
    on
        open_years.district_code = source_status.district_code
        and open_years.evaluation_year = source_status.evaluation_year
        and needs.source = source_status.source
        and needs.year_offset = source_status.year_offset
where source_status.source is null
union all
select
    'owed twice' as rule,
    district_code,
    evaluation_year,
    source || ', year ' || cast(year_offset as string) as place
from source_status
group by district_code, evaluation_year, source, year_offset
having count(*) > 1
union all
select
    'in force and a gap, or neither' as rule,
    district_code,
    evaluation_year,
    source || ', year ' || cast(year_offset as string) as place
from source_status
where is_in_force = (gap is not null)
union all
select
    'rows of a fact are lost, and no value needs their source through it' as rule,
    cast(null as string) as district_code,
    cast(null as int) as evaluation_year,
    losses.source || ', ' || losses.fact as place
from losses
left join measured on losses.source = measured.source and losses.fact = measured.fact
where measured.fact is null
