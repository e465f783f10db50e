-- One row per indicator of a register, district and year.
with

register_rows as (

    select * from {{ ref('int_register_rows') }}

),

measures as (

    select * from {{ source('landing', 'measures') }}

),

indicators as (

    select * from {{ source('landing', 'indicators') }}
    where mart = 'mart_registers'

),

sums as (

    select
        measures.indicator_id,
        register_rows.district_code,
        register_rows.year,
        cast(
            sum(case when measures.role = 'numerator' then register_rows.amount end)
            as decimal(38, 2)
        ) as numerator,
        cast(
            sum(case when measures.role = 'denominator' then register_rows.amount end)
            as decimal(38, 2)
        ) as denominator
    from register_rows
    inner join measures
        on
            register_rows.fact = measures.fact
            and register_rows.measure = measures.measure
    group by measures.indicator_id, register_rows.district_code, register_rows.year

)

select
    sums.district_code,
    sums.year,
    case indicators.period_kind
        when 'calendar_year' then {{ period_of('calendar_year', 'sums.year') }}
        when 'year_end' then {{ period_of('year_end', 'sums.year') }}
        when 'census_day' then {{ period_of('census_day', 'sums.year') }}
    end as period,
    'total' as dimension,
    'total' as member,
    sums.indicator_id,
    indicators.population,
    sums.numerator,
    sums.denominator,
    cast(
        case
            when indicators.denominator is not null
                then {{ ratio(
                    'sums.numerator', 'sums.denominator', 'cast(indicators.multiplier as int)'
                ) }}
            else cast(sums.numerator as decimal(38, 10))
        end as decimal(38, 10)
    ) as value
from sums
inner join indicators on sums.indicator_id = indicators.indicator_id
