-- One row per indicator of a register, district and year.
with

measures as (

    select * from {{ ref('int_register_rows') }}
    where indicator_id is not null

),

sums as (

    select
        indicator_id,
        period_kind,
        population,
        multiplier,
        is_share,
        district_code,
        year,
        cast(sum(case when role = 'numerator' then amount end) as decimal(38, 2)) as numerator,
        cast(sum(case when role = 'denominator' then amount end) as decimal(38, 2)) as denominator
    from measures
    group by
        indicator_id,
        period_kind,
        population,
        multiplier,
        is_share,
        district_code,
        year

)

select
    district_code,
    year,
    case period_kind
        when 'calendar_year' then {{ period_of('calendar_year', 'year') }}
        when 'year_end' then {{ period_of('year_end', 'year') }}
        when 'census_day' then {{ period_of('census_day', 'year') }}
    end as period,
    'total' as dimension,
    'total' as member,
    indicator_id,
    population,
    numerator,
    denominator,
    cast(
        case
            when is_share
                then {{ ratio('coalesce(numerator, 0)', 'denominator', 'multiplier') }}
            else cast(numerator as decimal(38, 10))
        end as decimal(38, 10)
    ) as value
from sums
