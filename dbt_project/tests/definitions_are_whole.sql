-- What: what the YAML of the marts and the seeds say of indicators fits together: each base
--   indicator rests on landed tables; standards exist; every row of every outline prints an
--   indicator and member that exist; standards of one id, region and stage do not overlap.
-- When it matters: these are metadata and seeds; a wrong word in one of them takes
--   an indicator or a standard away without an error.
-- To resolve: the row names the indicator or standard; mend its meta in the mart's YAML or its
--   row in the seed.
with

indicators as (

    select * from {{ ref('report_indicators') }}

),

members as (

    select * from {{ source('landing', 'members') }}

),

standards as (

    select * from {{ ref('standards') }}

)

select
    'a base indicator has no numerator, or one without needs' as rule,
    indicators.indicator_id as place
from indicators
left join {{ source('landing', 'needs') }} as needs
    on indicators.indicator_id = needs.indicator_id and needs.role = 'numerator'
where
    indicators.components = '[]'
    and indicators.formula not in ('standard', 'not_covered')
    and needs.indicator_id is null
union all
select
    'a standard that is in no seed' as rule,
    indicators.indicator_id || ': ' || indicators.standard_id as place
from indicators
left join standards on indicators.standard_id = standards.standard_id
where indicators.standard_id is not null and standards.standard_id is null
union all
select
    'the outline prints what is no indicator, or no member of it' as rule,
    outline.framework || ' ' || cast(outline.year as string) || ' ' || outline.figure_id as place
from {{ ref('report_outline') }} as outline
left join members
    on
        outline.indicator_id = members.indicator_id
        and outline.dimension = members.dimension
        and outline.member = members.member
where members.indicator_id is null and outline.indicator_id is not null
union all
select
    'a figure without an indicator says no office that will owe it, or two' as rule,
    framework || ' ' || cast(year as string) || ' ' || figure_id as place
from {{ ref('report_outline') }}
where (indicator_id is null) <> (owner_office is not null)
union all
select
    'two standards hold on one day' as rule,
    standards.standard_id || ' ' || standards.region_code || ' ' || standards.stage as place
from standards
inner join standards as later
    on
        standards.standard_id = later.standard_id
        and standards.region_code = later.region_code
        and standards.stage = later.stage
        and standards.valid_from < later.valid_from
where standards.valid_to is null or standards.valid_to >= later.valid_from
