-- One row per value of the report, by district, evaluation year, indicator, period and member.
with

judged_values as (

    select * from {{ ref('judged_values') }}

),

components as (

    select * from {{ source('landing', 'components') }}
    where is_direct

),

indicators as (

    select * from {{ ref('report_indicators') }}

),

parts_of_values as (

    select
        judged_values.value_id,
        judged_parts.judgement,
        judged_parts.state,
        indicators.title_zh
        || case
            when judged_parts.member = 'total' then ''
            else '(' || judged_parts.member || ')'
        end
        || '差' || {{ printed_exactly('abs(judged_parts.margin)', 4) }}
        || coalesce(judged_parts.unit, '') as shortfall
    from judged_values
    inner join components on judged_values.indicator_id = components.indicator_id
    inner join judged_values as judged_parts
        on
            judged_values.district_code = judged_parts.district_code
            and judged_values.evaluation_year = judged_parts.evaluation_year
            and components.component_id = judged_parts.indicator_id
            and judged_values.year + components.year_offset = judged_parts.year
    inner join indicators on judged_parts.indicator_id = indicators.indicator_id
    where judged_values.formula in ('all_met', 'count_unmet')

),

parts as (

    select
        value_id,
        sum(case when judgement = '未达标' then 1 else 0 end) as failed,
        sum(case when judgement = '无法判定' then 1 else 0 end) as undecided,
        sum(case when judgement = '达标' then 1 else 0 end) as met,
        -- what is hidden stays so, and is not waited for
        sum(
            case
                when judgement = '无法判定' and state not in ('suppressed', 'withheld') then 1
                else 0
            end
        ) as waited_for,
        {{ joined_text("case when judgement = '未达标' then shortfall end", ';') }} as shortfalls
    from parts_of_values
    group by value_id

),

with_parts as (

    select
        judged_values.*,
        case
            when judged_values.formula <> 'all_met' then judged_values.judgement
            when judged_values.state in ('missing', 'partial') then '无法判定'
            when parts.failed > 0 then '未达标'
            when parts.undecided > 0 or coalesce(parts.met, 0) = 0 then '无法判定'
            else '达标'
        end as final_judgement,
        judged_values.formula = 'count_unmet' as is_count_of_unmet,
        cast(coalesce(parts.failed, 0) as decimal(38, 10)) as unmet,
        coalesce(parts.waited_for, 0) as waited_for,
        -- of what nothing is judged, nothing is known to be short
        judged_values.formula = 'count_unmet'
        and coalesce(parts.failed + parts.met, 0) = 0
        and coalesce(parts.waited_for, 0) > 0 as is_nothing_judged,
        parts.shortfalls
    from judged_values
    left join parts on judged_values.value_id = parts.value_id

)

select
    district_code,
    evaluation_year,
    indicator_id,
    period,
    dimension,
    member,
    case
        when is_nothing_judged then 'missing'
        when is_count_of_unmet and waited_for > 0 then 'provisional'
        else state
    end as state,
    case when is_nothing_judged then null when is_count_of_unmet then unmet else value end
        as value,
    case
        when formula = 'all_met' and state in ('actual', 'provisional', 'partial')
            then final_judgement
    end as value_text,
    unit,
    case when is_nothing_judged then null when is_count_of_unmet then unmet else numerator end
        as numerator,
    denominator,
    standard_id,
    standard_value,
    final_judgement as judgement,
    cast(margin as decimal(38, 10)) as margin,
    case
        when is_count_of_unmet and waited_for > 0
            then
                coalesce(shortfalls || ';', '') || '另有' || cast(waited_for as string)
                || '项无法判定,暂不计入'
        when is_count_of_unmet then shortfalls
        else reason
    end as reason,
    case when is_nothing_judged then '["可判定的指标"]' else missing_sources end as missing_sources,
    units_expected,
    units_received,
    quarantined_rows,
    quarantined_amount
from with_parts
order by district_code, evaluation_year, indicator_id, period, dimension, member
