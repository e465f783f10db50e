-- What: in report_values a number is there exactly where its state lets it be shown; what is
--   missing says which source; 达标 stands on actual or provisional values alone; a reason is
--   given unless the value is actual; a value that is hidden shows nothing from which it could
--   be solved; ratio, standard, margin and judgement agree with one another.
-- When it matters: each of these is a promise to the reader of the report.
-- To resolve: the value names itself; its state is decided in value_states, the rest in
--   judged_values.
with

report_values as (

    select * from {{ ref('report_values') }}

),

indicators as (

    select * from {{ ref('report_indicators') }}

),

value_keys as (

    select * from {{ ref('value_keys') }}

),

doubted as (

    select distinct value_id from {{ ref('value_doubts') }}

),

checked as (

    select
        report_values.district_code,
        report_values.evaluation_year,
        report_values.indicator_id,
        report_values.period,
        report_values.member,
        case
            when
                report_values.state not in (
                    'actual',
                    'provisional',
                    'partial',
                    'missing',
                    'not_applicable',
                    'suppressed',
                    'withheld'
                )
                then 'unknown state'
            when
                report_values.judgement is null
                or report_values.judgement not in ('达标', '未达标', '无法判定', '不适用', '无标准')
                then 'unknown judgement'
            when
                (report_values.value is null and report_values.value_text is null)
                <> (
                    report_values.state in ('missing', 'not_applicable', 'suppressed', 'withheld')
                )
                then 'a value where none may be, or none where one must be'
            when report_values.value is not null and report_values.value_text is not null
                then 'a number and a word'
            when
                report_values.state in ('suppressed', 'withheld')
                and (
                    report_values.numerator is not null
                    or report_values.denominator is not null
                    or report_values.margin is not null
                )
                then 'hidden, and to be solved from its parts'
            when
                report_values.state = 'missing'
                and coalesce(report_values.missing_sources, '[]') in ('', '[]')
                then 'missing, without saying what'
            when report_values.state <> 'missing' and report_values.missing_sources is not null
                then 'a missing source, and not missing'
            when
                report_values.judgement = '达标'
                and report_values.state not in ('actual', 'provisional')
                then 'met without a value'
            when (report_values.judgement = '不适用') <> (report_values.state = 'not_applicable')
                then 'not applicable in state or judgement alone'
            when report_values.state <> 'actual' and coalesce(report_values.reason, '') = ''
                then 'without a reason'
            when report_values.state = 'partial' and report_values.judgement = '未达标'
                then 'judged on a part'
            when report_values.units_received > report_values.units_expected
                then 'more units received than expected'
            when
                report_values.state in ('actual', 'provisional')
                and report_values.units_received < report_values.units_expected
                then 'units are missing, and not partial'
            when report_values.state = 'actual' and report_values.quarantined_rows > 0
                then 'rows are quarantined, and the value actual'
            when report_values.state = 'actual' and doubted.value_id is not null
                then 'in doubt, and the value actual'
            when
                report_values.judgement = '达标'
                and report_values.state = 'provisional'
                and report_values.margin * coalesce(report_values.denominator, 1)
                + cast('0.0001' as decimal(5, 4))
                < cast(indicators.multiplier as decimal(4, 0)) * report_values.quarantined_amount
                then 'met, though what is quarantined could undo it'
            when
                indicators.formula in ('ratio', 'share_meeting')
                and abs(
                    report_values.value * report_values.denominator
                    - cast(indicators.multiplier as decimal(4, 0)) * report_values.numerator
                )
                > cast('0.0000000001' as decimal(10, 10)) * abs(report_values.denominator)
                then 'not the ratio of its parts'
            when
                indicators.formula = 'share_meeting'
                and (report_values.value < 0 or report_values.value > 100)
                then 'a share beyond 0 to 100'
            when report_values.judgement = '达标' and report_values.margin < 0
                then 'met, and below its standard'
        end as rule
    from report_values
    inner join indicators on report_values.indicator_id = indicators.indicator_id
    inner join value_keys
        on
            report_values.district_code = value_keys.district_code
            and report_values.evaluation_year = value_keys.evaluation_year
            and report_values.indicator_id = value_keys.indicator_id
            and report_values.period = value_keys.period
            and report_values.dimension = value_keys.dimension
            and report_values.member = value_keys.member
    left join doubted on value_keys.value_id = doubted.value_id

)

select
    rule,
    district_code,
    evaluation_year,
    indicator_id,
    period,
    member
from checked
where rule is not null
