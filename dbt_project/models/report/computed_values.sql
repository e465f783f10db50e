-- One row per due value: what it rests on in numbers, and the standard by which it is judged, or
-- which it shows. The one place that decides between missing and 0.
with

value_keys as (

    select * from {{ ref('value_keys') }}

),

components as (

    select * from {{ source('landing', 'components') }}
    where is_direct

),

value_inputs as (

    select * from {{ ref('value_inputs') }}

),

standards_on_days as (

    select * from {{ ref('int_standards_on_days') }}

),

indicators as (

    select * from {{ ref('report_indicators') }}

),

measured as (

    {%- for mart, relation in indicator_marts().items() %}
    {%- for column in columns_with(mart, 'indicator') %}
    {%- set indicator = column.meta.indicator %}
    select
        {{ quoted(indicator.id) }} as indicator_id,
        district_code,
        year,
        {{ 'period' if indicator.period_kind == 'term'
            else period_of(indicator.period_kind, 'year') }} as period,
        dimension,
        member,
        cast({{ indicator.numerator.measure if indicator.numerator else 'null' }} as decimal(38, 2))
            as numerator,
        cast(
            {{ indicator.denominator.measure if indicator.denominator else 'null' }}
            as decimal(38, 2)
        ) as denominator,
        cast({{ column.name }} as decimal(38, 10)) as value
    from {{ relation }}
    union all
    {%- endfor %}
    {%- endfor %}
    select
        indicator_id,
        district_code,
        year,
        period,
        dimension,
        member,
        numerator,
        denominator,
        value
    from {{ ref('mart_registers') }}

),

-- A source that is there and holds no row of a kind says 0; only a missing source says nothing.
base_values as (

    select
        value_keys.value_id,
        value_keys.district_code,
        value_keys.evaluation_year,
        value_keys.indicator_id,
        value_keys.year,
        value_keys.dimension,
        value_keys.member,
        coalesce(
            measured.numerator,
            case
                when value_inputs.gap is null and value_keys.formula <> 'standard' then 0
            end
        ) as numerator,
        measured.denominator,
        coalesce(
            measured.value,
            case
                when
                    value_inputs.gap is null
                    and measured.numerator is null
                    and (
                        value_keys.formula in ('sum', 'count', 'count_distinct')
                        or measured.denominator > 0
                    )
                    then 0
            end
        ) as value
    from value_keys
    inner join value_inputs on value_keys.value_id = value_inputs.value_id
    left join measured
        on
            value_keys.district_code = measured.district_code
            and value_keys.indicator_id = measured.indicator_id
            and value_keys.period = measured.period
            and value_keys.dimension = measured.dimension
            and value_keys.member = measured.member
    where value_keys.formula not in ('difference', 'growth', 'all_met', 'count_unmet')

),

pairs as (

    select
        value_keys.value_id,
        value_keys.formula,
        later.value as later_value,
        earlier.value as earlier_value
    from value_keys
    inner join components
        on
            value_keys.indicator_id = components.indicator_id
            and components.year_offset = 0
    inner join base_values as later
        on
            value_keys.district_code = later.district_code
            and value_keys.evaluation_year = later.evaluation_year
            and components.component_id = later.indicator_id
            and value_keys.year = later.year
            and value_keys.dimension = later.dimension
            and value_keys.member = later.member
    inner join base_values as earlier
        on
            value_keys.district_code = earlier.district_code
            and value_keys.evaluation_year = earlier.evaluation_year
            and components.component_id = earlier.indicator_id
            and value_keys.year - 1 = earlier.year
            and value_keys.dimension = earlier.dimension
            and value_keys.member = earlier.member
    where value_keys.formula in ('difference', 'growth')

),

differences as (

    select
        value_id,
        formula,
        cast(later_value - earlier_value as decimal(38, 10)) as difference,
        earlier_value
    from pairs

),

numbers as (

    select
        value_id,
        cast(numerator as decimal(38, 10)) as numerator,
        cast(denominator as decimal(38, 10)) as denominator,
        cast(value as decimal(38, 10)) as value
    from base_values
    union all
    select
        value_id,
        difference as numerator,
        case when formula = 'growth' then earlier_value end as denominator,
        case
            when formula = 'growth'
                then cast({{ ratio('difference', 'earlier_value', 100, 10) }} as decimal(38, 10))
            else difference
        end as value
    from differences

),

standards_in_force as (

    select
        value_keys.value_id,
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
        value_keys.formula <> 'standard'
        and (
            (standards_on_days.applies_by = 'term' and standards_on_days.day_kind <> 'year_end')
            or (standards_on_days.applies_by = 'census' and standards_on_days.day_kind = 'autumn')
            or (
                standards_on_days.applies_by not in ('term', 'census')
                and standards_on_days.day_kind = 'year_end'
            )
        )

),

-- Money of two terms may be owed by two standards, or in one term by none: no single one judges the
-- year.
standards_of_values as (

    select
        value_id,
        max(comparison) as comparison,
        max(value) as standard_value,
        min(value) < max(value) or count(*) < max(days_needed) as has_two_standards
    from standards_in_force
    group by value_id

)

select
    value_keys.value_id,
    numbers.numerator,
    numbers.denominator,
    numbers.value,
    case
        when standards_of_values.value_id is not null or value_keys.formula = 'standard'
            then indicators.standard_id
    end as standard_id,
    standards_of_values.comparison,
    case when not standards_of_values.has_two_standards then standards_of_values.standard_value end
        as standard_value,
    coalesce(standards_of_values.has_two_standards, false) as has_two_standards
from value_keys
inner join indicators on value_keys.indicator_id = indicators.indicator_id
left join numbers on value_keys.value_id = numbers.value_id
left join standards_of_values on value_keys.value_id = standards_of_values.value_id
