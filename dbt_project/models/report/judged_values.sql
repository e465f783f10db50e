-- One row per due value: its judgement against the standard, and what must not be shown. Both are
-- decided here and nowhere else; only the test of all tests is made of its parts' judgements, in
-- report_values.
with

value_states as (

    select * from {{ ref('value_states') }}

),

components as (

    select * from {{ source('landing', 'components') }}
    where is_direct

),

hidden_values as (

    select * from {{ ref('hidden_values') }}

),

-- How far the value is from its standard, and by how much what is in doubt could move it, both
-- times the denominator: nothing is divided before it is judged, but for what has a root.
with_distance as (

    select
        *,
        case
            when formula = 'coefficient_of_variation' then value - standard_value
            else
                multiplier * cast(numerator as decimal(33, 10))
                - cast(standard_value as decimal(12, 4))
                * cast(coalesce(denominator, 1) as decimal(25, 10))
        end as distance,
        multiplier * cast(amount_in_doubt as decimal(33, 2)) as doubt
    from value_states

),

-- Whether the standard is met without the rows quarantined, and with them, counted up or down.
with_tests as (

    select
        *,
        case comparison
            when '>=' then distance >= 0
            when '<=' then distance <= 0
            when '=' then distance = 0
        end as is_met,
        case comparison
            when '>=' then distance - doubt >= 0
            when '<=' then distance + doubt <= 0
            when '=' then distance = 0 and doubt = 0
        end as is_met_in_any_case,
        case comparison
            when '>=' then distance + doubt >= 0
            when '<=' then distance - doubt <= 0
            when '=' then abs(distance) <= doubt
        end as may_be_met
    from with_distance

),

with_judgement as (

    select
        *,
        case
            when open_state = 'not_applicable' then '不适用'
            when standard_id is null or formula = 'standard' then '无标准'
            when open_state in ('missing', 'partial') or has_two_standards then '无法判定'
            when is_met is null then '无法判定'
            when open_state = 'actual' then case when is_met then '达标' else '未达标' end
            when
                is_amount_unknown
                or is_denominator_in_doubt
                or formula in (
                    'growth', 'share_meeting', 'count', 'count_distinct', 'coefficient_of_variation'
                )
                then '无法判定'
            when is_met_in_any_case then '达标'
            when may_be_met then '无法判定'
            else '未达标'
        end as open_judgement
    from with_tests

),

with_cover as (

    select
        with_judgement.*,
        case
            when with_judgement.open_state in ('missing', 'not_applicable')
                then with_judgement.open_state
            when with_judgement.publish = 'withheld' then 'withheld'
            when hidden_values.value_id is not null then 'suppressed'
            else with_judgement.open_state
        end as own_state
    from with_judgement
    left join hidden_values on with_judgement.value_id = hidden_values.value_id

),

-- What is derived from a hidden value would give it away.
hidden_by_parts as (

    select distinct with_cover.value_id
    from with_cover
    inner join components on with_cover.indicator_id = components.indicator_id
    inner join with_cover as parts
        on
            with_cover.district_code = parts.district_code
            and with_cover.evaluation_year = parts.evaluation_year
            and components.component_id = parts.indicator_id
            and with_cover.year + components.year_offset = parts.year
            and with_cover.dimension = parts.dimension
            and with_cover.member = parts.member
    where
        with_cover.formula not in ('all_met', 'count_unmet')
        and parts.own_state = 'suppressed'

),

with_final_state as (

    select
        with_cover.*,
        case
            when
                hidden_by_parts.value_id is not null
                and with_cover.own_state in ('partial', 'provisional', 'actual')
                then 'suppressed'
            else with_cover.own_state
        end as state
    from with_cover
    left join hidden_by_parts on with_cover.value_id = hidden_by_parts.value_id

)

select
    value_id,
    district_code,
    evaluation_year,
    indicator_id,
    year,
    period,
    dimension,
    member,
    formula,
    state,
    case when state in ('actual', 'provisional', 'partial') then value end as value,
    unit,
    case when state in ('actual', 'provisional', 'partial') then numerator end as numerator,
    case when state in ('actual', 'provisional', 'partial') then denominator end as denominator,
    standard_id,
    cast(standard_value as decimal(38, 10)) as standard_value,
    case
        when state in ('suppressed', 'withheld') and open_judgement <> '无标准' then '无法判定'
        else open_judgement
    end as judgement,
    case
        when state in ('actual', 'provisional') and comparison = '<=' then standard_value - value
        when state in ('actual', 'provisional') and comparison is not null
            then value - standard_value
    end as margin,
    case state
        when 'suppressed' then '涉及1至4人,或可由此推出,按规定不公开数值'
        when 'withheld' then '按规定不得公开'
        else open_reason
    end as reason,
    missing_sources,
    units_expected,
    units_received,
    case when state not in ('suppressed', 'withheld') then quarantined_rows end as quarantined_rows,
    case when state not in ('suppressed', 'withheld') then quarantined_amount end
        as quarantined_amount
from with_final_state
