-- One row per district, evaluation year and column of a mart that carries what must not be
-- published: the column of a withheld indicator, and its numerator and denominator unless each is a
-- published figure of its own.
with

withheld as (

    select * from {{ ref('withheld_indicators') }}

),

members as (

    select * from {{ ref('indicator_members') }}

),

indicators as (

    select * from {{ ref('report_indicators') }}

),

carriers as (

    select
        withheld.district_code,
        withheld.evaluation_year,
        indicators.mart,
        indicators.mart_column as column_name
    from withheld
    inner join indicators on withheld.indicator_id = indicators.indicator_id
    union
    select
        withheld.district_code,
        withheld.evaluation_year,
        members.mart,
        members.numerator_measure as column_name
    from withheld
    inner join members on withheld.indicator_id = members.indicator_id
    where members.numerator_measure is not null
    union
    select
        withheld.district_code,
        withheld.evaluation_year,
        members.mart,
        members.denominator_measure as column_name
    from withheld
    inner join members on withheld.indicator_id = members.indicator_id
    where members.denominator_measure is not null

),

-- What is derived from an indicator names its column, too: only base ones have one of their own.
published as (

    select
        districts.district_code,
        districts.evaluation_year,
        indicators.mart,
        indicators.mart_column as column_name
    from {{ source('landing', 'districts') }} as districts
    cross join indicators
    left join withheld
        on
            districts.district_code = withheld.district_code
            and districts.evaluation_year = withheld.evaluation_year
            and indicators.indicator_id = withheld.indicator_id
    where withheld.indicator_id is null and indicators.components = '[]'

)

select
    carriers.district_code,
    carriers.evaluation_year,
    carriers.mart,
    carriers.column_name
from carriers
left join published
    on
        carriers.district_code = published.district_code
        and carriers.evaluation_year = published.evaluation_year
        and carriers.mart = published.mart
        and carriers.column_name = published.column_name
where published.column_name is null
