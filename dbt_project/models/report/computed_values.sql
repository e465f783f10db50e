-- One row per due value that rests on numbers: the base values, and differences and growths of
-- them.
with

value_keys as (

    select * from {{ ref('value_keys') }}

),

components as (

    select * from {{ ref('indicator_components') }}

),

base_measures as (

    select * from {{ ref('base_measures') }}

),

value_inputs as (

    select * from {{ ref('value_inputs') }}

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
            base_measures.numerator,
            case
                when value_inputs.gap is null and value_keys.formula <> 'standard' then 0
            end
        ) as numerator,
        base_measures.denominator,
        coalesce(
            base_measures.value,
            case
                when
                    value_inputs.gap is null
                    and base_measures.numerator is null
                    and (
                        value_keys.formula in ('sum', 'count', 'count_distinct')
                        or base_measures.denominator > 0
                    )
                    then 0
            end
        ) as value
    from value_keys
    inner join value_inputs on value_keys.value_id = value_inputs.value_id
    left join base_measures
        on
            value_keys.district_code = base_measures.district_code
            and value_keys.indicator_id = base_measures.indicator_id
            and value_keys.period = base_measures.period
            and value_keys.dimension = base_measures.dimension
            and value_keys.member = base_measures.member
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

)

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
