-- One row per value of the report, by district, evaluation year, indicator, period and member.
with

judged_values as (

    select * from {{ ref('judged_values') }}

),

components as (

    select * from {{ ref('indicator_components') }}

),

parts as (

    select
        judged_values.value_id,
        sum(case when judged_parts.judgement = '未达标' then 1 else 0 end) as failed,
        sum(case when judged_parts.judgement = '无法判定' then 1 else 0 end) as undecided,
        sum(case when judged_parts.judgement = '达标' then 1 else 0 end) as met
    from judged_values
    inner join components on judged_values.indicator_id = components.indicator_id
    inner join judged_values as judged_parts
        on
            judged_values.district_code = judged_parts.district_code
            and judged_values.evaluation_year = judged_parts.evaluation_year
            and components.component_id = judged_parts.indicator_id
            and judged_values.year + components.year_offset = judged_parts.year
    where judged_values.formula = 'all_met'
    group by judged_values.value_id

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
        end as final_judgement
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
    state,
    value,
    case
        when formula = 'all_met' and state in ('actual', 'provisional', 'partial')
            then final_judgement
    end as value_text,
    unit,
    numerator,
    denominator,
    standard_id,
    standard_value,
    final_judgement as judgement,
    cast(margin as decimal(38, 10)) as margin,
    reason,
    missing_sources,
    units_expected,
    units_received,
    quarantined_rows,
    quarantined_amount
from with_parts
order by district_code, evaluation_year, indicator_id, period, dimension, member
