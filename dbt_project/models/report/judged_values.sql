-- One row per due value: state, reason, standard and judgement. They are decided here and nowhere
-- else; only the test of all tests is made of its parts' judgements, in report_values.
with

value_keys as (

    select * from {{ ref('value_keys') }}

),

value_inputs as (

    select * from {{ ref('value_inputs') }}

),

computed_values as (

    select * from {{ ref('computed_values') }}

),

indicators as (

    select * from {{ ref('report_indicators') }}

),

standards_on_days as (

    select * from {{ ref('int_standards_on_days') }}

),

-- Money of two terms may be owed by two standards: then one of them cannot judge the year.
standards as (

    select
        value_keys.value_id,
        indicators.standard_id,
        max(standards_on_days.comparison) as comparison,
        max(standards_on_days.value) as standard_value,
        min(standards_on_days.value) = max(standards_on_days.value) as is_one_standard
    from value_keys
    inner join indicators on value_keys.indicator_id = indicators.indicator_id
    inner join standards_on_days
        on
            value_keys.district_code = standards_on_days.district_code
            and value_keys.year = standards_on_days.year
            and indicators.standard_id = standards_on_days.standard_id
            and (
                (
                    standards_on_days.applies_by = 'term'
                    and standards_on_days.day_kind in ('spring', 'autumn')
                )
                or (
                    standards_on_days.applies_by <> 'term'
                    and standards_on_days.day_kind = 'year_end'
                )
            )
            and (
                standards_on_days.stage = value_keys.member or standards_on_days.stage = 'total'
            )
    where value_keys.formula <> 'standard'
    group by value_keys.value_id, indicators.standard_id

),

shown_standards as (

    select
        value_keys.value_id,
        case when value_keys.formula = 'standard' then indicators.standard_id end as standard_id
    from value_keys
    inner join indicators on value_keys.indicator_id = indicators.indicator_id

),

gathered as (

    select
        value_keys.value_id,
        value_keys.district_code,
        value_keys.evaluation_year,
        value_keys.indicator_id,
        value_keys.year,
        value_keys.period,
        value_keys.dimension,
        value_keys.member,
        value_keys.formula,
        value_keys.is_applicable,
        value_keys.numerator_persons_unit,
        value_keys.denominator_persons_unit,
        indicators.unit,
        indicators.publish,
        cast(indicators.multiplier as decimal(10, 0)) as multiplier,
        computed_values.numerator,
        computed_values.denominator,
        computed_values.value,
        value_inputs.gap,
        value_inputs.missing_sources,
        value_inputs.units_expected,
        value_inputs.units_received,
        value_inputs.units_missing,
        value_inputs.quarantined_rows,
        value_inputs.quarantined_amount,
        value_inputs.rows_without_amount,
        value_inputs.is_denominator_in_doubt,
        coalesce(standards.standard_id, shown_standards.standard_id) as standard_id,
        standards.comparison,
        case when standards.is_one_standard then standards.standard_value end as standard_value,
        coalesce(not standards.is_one_standard, false) as has_two_standards
    from value_keys
    inner join value_inputs on value_keys.value_id = value_inputs.value_id
    inner join indicators on value_keys.indicator_id = indicators.indicator_id
    inner join shown_standards on value_keys.value_id = shown_standards.value_id
    left join computed_values on value_keys.value_id = computed_values.value_id
    left join standards on value_keys.value_id = standards.value_id

),

with_state as (

    select
        *,
        formula in ('ratio', 'share_meeting', 'growth')
        and gap is null
        and coalesce(denominator, 0) = 0 as has_nobody_to_count,
        case
            when not is_applicable then 'not_applicable'
            when gap is not null then 'missing'
            when
                formula in ('ratio', 'share_meeting', 'growth') and coalesce(denominator, 0) = 0
                then 'not_applicable'
            when value is null and formula <> 'all_met' then 'missing'
            when units_received < units_expected then 'partial'
            when quarantined_rows > 0 then 'provisional'
            else 'actual'
        end as open_state,
        -- How far the value is from its standard, and by how much the rows set aside could move it,
        -- both times the denominator: nothing is divided before it is judged.
        multiplier * numerator - standard_value * coalesce(denominator, 1) as distance,
        multiplier * quarantined_amount as doubt
    from gathered

),

with_judgement as (

    select
        *,
        case
            when open_state = 'not_applicable' then '不适用'
            when standard_id is null or formula = 'standard' then '无标准'
            when open_state in ('missing', 'partial') or has_two_standards then '无法判定'
            when standard_value is null then '无标准'
            when
                open_state = 'provisional'
                and (
                    rows_without_amount > 0
                    or is_denominator_in_doubt
                    or formula in ('growth', 'share_meeting')
                    or abs(distance) <= doubt
                )
                then '无法判定'
            when comparison = '>=' and distance >= 0 then '达标'
            when comparison = '<=' and distance <= 0 then '达标'
            when comparison = '=' and distance = 0 then '达标'
            else '未达标'
        end as open_judgement
    from with_state

),

-- One to four persons, also where they are what a share leaves over.
with_cover as (

    select
        *,
        case
            when open_state in ('missing', 'not_applicable') then open_state
            when publish = 'withheld' then 'withheld'
            when
                (numerator > 0 and numerator < 5 * numerator_persons_unit)
                or (denominator > 0 and denominator < 5 * denominator_persons_unit)
                or (
                    numerator_persons_unit = denominator_persons_unit
                    and denominator > numerator
                    and denominator - numerator < 5 * denominator_persons_unit
                )
                then 'suppressed'
            else open_state
        end as own_state
    from with_judgement

),

components as (

    select * from {{ ref('indicator_components') }}

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
            and with_cover.member = parts.member
    where with_cover.formula <> 'all_met' and parts.own_state = 'suppressed'

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
        when 'not_applicable'
            then case
                when not is_applicable then '本区' || period || '年度未举办公办' || member
                when has_nobody_to_count then '本期没有计入分母的对象'
            end
        when 'missing' then coalesce(gap, '没有适用的标准或数据')
        when 'partial'
            then '应报' || cast(units_expected as string) || '个单位(次),实报'
            || cast(units_received as string) || '个;未报:' || coalesce(units_missing, '')
        when 'provisional'
            then cast(quarantined_rows as string) || '行数据待核,暂不计入'
            || case
                when rows_without_amount > 0
                    then ',其中' || cast(rows_without_amount as string) || '行数额不能识别'
                else ',涉及' || cast(quarantined_amount as string) || '元'
            end
        when 'suppressed' then '涉及1至4人,按规定不公开数值'
        when 'withheld' then '按规定不得公开'
        when 'actual'
            then case when has_two_standards then '春季、秋季标准不同,不能以一个标准判定全年' end
    end as reason,
    case when state = 'missing' then missing_sources end as missing_sources,
    units_expected,
    units_received,
    quarantined_rows,
    quarantined_amount
from with_final_state
