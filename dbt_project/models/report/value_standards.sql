-- One row per due value that has a standard: by which it is judged, or which it shows. Money of two
-- terms may be owed by two standards, or in one term by none: then no single one judges the year.
with

value_keys as (

    select * from {{ ref('value_keys') }}

),

indicators as (

    select * from {{ ref('report_indicators') }}

),

standards_on_days as (

    select * from {{ ref('int_standards_on_days') }}

),

in_force as (

    select
        value_keys.value_id,
        value_keys.formula,
        indicators.standard_id,
        standards_on_days.comparison,
        standards_on_days.value,
        case standards_on_days.applies_by when 'term' then 2 else 1 end as days_needed
    from value_keys
    inner join indicators on value_keys.indicator_id = indicators.indicator_id
    inner join standards_on_days
        on
            value_keys.district_code = standards_on_days.district_code
            and value_keys.year = standards_on_days.year
            and indicators.standard_id = standards_on_days.standard_id
            and (value_keys.member = standards_on_days.stage or standards_on_days.stage = 'total')
    where
        (standards_on_days.applies_by = 'term' and standards_on_days.day_kind <> 'year_end')
        or (standards_on_days.applies_by = 'census' and standards_on_days.day_kind = 'autumn')
        or (
            standards_on_days.applies_by not in ('term', 'census')
            and standards_on_days.day_kind = 'year_end'
        )

),

by_value as (

    select
        value_id,
        standard_id,
        max(comparison) as comparison,
        max(value) as standard_value,
        min(value) < max(value) or count(*) < max(days_needed) as has_two_standards
    from in_force
    where formula <> 'standard'
    group by value_id, standard_id

)

select
    value_id,
    standard_id,
    comparison,
    case when not has_two_standards then standard_value end as standard_value,
    has_two_standards
from by_value
union all
select
    value_keys.value_id,
    indicators.standard_id,
    cast(null as string) as comparison,
    cast(null as decimal(18, 4)) as standard_value,
    false as has_two_standards
from value_keys
inner join indicators on value_keys.indicator_id = indicators.indicator_id
where value_keys.formula = 'standard'
