-- One row per due value: what it is known by, its state before anything is hidden, and the reason.
-- States are decided here and nowhere else, the first that applies: not_applicable, missing,
-- partial, provisional, actual.
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

withheld as (

    select * from {{ source('landing', 'withheld_indicators') }}

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
        indicators.unit,
        indicators.owner_office,
        case when withheld.indicator_id is null then indicators.publish else 'withheld' end
            as publish,
        cast(indicators.multiplier as decimal(4, 0)) as multiplier,
        computed_values.numerator,
        computed_values.denominator,
        computed_values.value,
        value_inputs.gap,
        value_inputs.missing_sources,
        value_inputs.doubtful_sources,
        value_inputs.units_expected,
        value_inputs.units_received,
        value_inputs.units_missing,
        value_inputs.quarantined_rows,
        value_inputs.quarantined_amount,
        value_inputs.rows_without_amount,
        value_inputs.doubts,
        value_inputs.doubt_reasons,
        value_inputs.amount_in_doubt,
        value_inputs.is_amount_unknown,
        value_inputs.is_denominator_in_doubt,
        computed_values.standard_id,
        computed_values.comparison,
        computed_values.standard_value,
        computed_values.has_two_standards,
        case
            when value_keys.formula in ('ratio', 'share_meeting', 'growth')
                then coalesce(computed_values.denominator, 0) = 0
            -- what no school has cannot be had by one more than by another
            when value_keys.formula = 'coefficient_of_variation'
                then coalesce(computed_values.denominator * computed_values.numerator, 0) = 0
            else false
        end as has_nobody_to_count,
        value_inputs.units_received < value_inputs.units_expected
        or value_inputs.quarantined_rows > 0
        or value_inputs.doubts > 0 as is_in_doubt
    from value_keys
    inner join value_inputs on value_keys.value_id = value_inputs.value_id
    inner join indicators on value_keys.indicator_id = indicators.indicator_id
    left join withheld
        on
            value_keys.district_code = withheld.district_code
            and value_keys.evaluation_year = withheld.evaluation_year
            and value_keys.indicator_id = withheld.indicator_id
    inner join computed_values on value_keys.value_id = computed_values.value_id

),

with_state as (

    select
        *,
        case
            when not is_applicable then 'not_applicable'
            when gap is not null then 'missing'
            -- nobody to count is known only where all reported and nothing is quarantined
            when has_nobody_to_count and not is_in_doubt then 'not_applicable'
            when has_nobody_to_count then 'missing'
            when value is null and formula not in ('all_met', 'count_unmet') then 'missing'
            when units_received < units_expected then 'partial'
            when quarantined_rows > 0 or doubts > 0 then 'provisional'
            else 'actual'
        end as open_state,
        case
            when quarantined_rows = 0 then null
            when rows_without_amount > 0
                then
                    cast(quarantined_rows as string) || '行数据待核,暂不计入,其中'
                    || cast(rows_without_amount as string) || '行数额不能识别'
            else
                cast(quarantined_rows as string) || '行数据待核,暂不计入,涉及'
                || cast(quarantined_amount as string) || '元'
        end as rows_set_aside
    from gathered

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
    unit,
    publish,
    multiplier,
    numerator,
    denominator,
    value,
    standard_id,
    comparison,
    standard_value,
    has_two_standards,
    units_expected,
    units_received,
    quarantined_rows,
    quarantined_amount,
    amount_in_doubt,
    is_amount_unknown,
    is_denominator_in_doubt,
    open_state,
    case
        when not is_applicable then '本区' || period || '年度未举办公办' || member
        when open_state = 'not_applicable' and formula = 'growth' then '上年没有可以比较的数值'
        when open_state = 'not_applicable' then '本期没有计入分母的对象'
        when formula = 'not_covered' then '尚未接入数据来源,由' || owner_office || '负责'
        when gap is not null then gap
        when open_state = 'missing' and has_nobody_to_count
            then '有单位未报或有数据待核,不能认定没有计入分母的对象'
        when open_state = 'missing' then '没有适用的标准或数据'
        when open_state = 'partial'
            then
                '应报' || cast(units_expected as string) || '个单位(次),实报'
                || cast(units_received as string) || '个;未报:' || coalesce(units_missing, '')
        when open_state = 'provisional' and rows_set_aside is not null and doubt_reasons is not null
            then rows_set_aside || ';' || doubt_reasons
        when open_state = 'provisional' then coalesce(rows_set_aside, doubt_reasons)
        when has_two_standards then '春季、秋季标准不同,不能以一个标准判定全年'
    end as open_reason,
    -- what is missing is a source, a unit of it or a row of it, or a row of the seed of standards
    case
        when open_state <> 'missing' then null
        when formula = 'not_covered' then '["not_covered"]'
        when gap is not null then missing_sources
        when has_nobody_to_count then doubtful_sources
        else '["standards"]'
    end as missing_sources
from with_state
