-- One row per district and year, and one per level of government whose money it is: funds for
-- school meals that were handed down, and what was paid of them. Where a source is in force and
-- says nothing of meals that is 0; where it is missing it is unknown.
with

meal_funds as (

    select * from {{ ref('int_meal_funds') }}

),

meal_payments as (

    select * from {{ ref('int_meal_payments') }}

),

sources_in_force as (

    select * from {{ ref('int_sources_in_force') }}

),

years as (

    select * from {{ ref('int_years') }}

),

notices_in_force as (

    select
        district_code,
        year
    from sources_in_force
    where source = 'finance.fund_notices'

),

payments_in_force as (

    select
        district_code,
        year
    from sources_in_force
    where source in ('finance.payments', 'finance.projects')
    group by district_code, year
    having count(*) = 2

),

issued as (

    select
        district_code,
        year,
        cast(sum(issued_yuan) as decimal(38, 2)) as issued_yuan
    from meal_funds
    group by district_code, year

),

paid as (

    select
        district_code,
        year,
        cast(sum(meals_paid_yuan) as decimal(38, 2)) as meals_paid_yuan
    from meal_payments
    group by district_code, year

),

in_all as (

    select
        years.district_code,
        years.year,
        'total' as dimension,
        'total' as member,
        cast(
            case when notices_in_force.year is not null then coalesce(issued.issued_yuan, 0) end
            as decimal(38, 2)
        ) as issued_yuan,
        cast(
            case when payments_in_force.year is not null then coalesce(paid.meals_paid_yuan, 0) end
            as decimal(38, 2)
        ) as meals_paid_yuan
    from years
    left join notices_in_force
        on
            years.district_code = notices_in_force.district_code
            and years.year = notices_in_force.year
    left join payments_in_force
        on
            years.district_code = payments_in_force.district_code
            and years.year = payments_in_force.year
    left join issued
        on
            years.district_code = issued.district_code
            and years.year = issued.year
    left join paid
        on
            years.district_code = paid.district_code
            and years.year = paid.year

),

by_level as (

    select
        district_code,
        year,
        'level' as dimension,
        level as member,
        cast(sum(issued_yuan) as decimal(38, 2)) as issued_yuan,
        cast(null as decimal(38, 2)) as meals_paid_yuan
    from meal_funds
    group by district_code, year, level

),

members as (

    select * from in_all
    union all
    select * from by_level

)

select
    district_code,
    year,
    {{ period_of('calendar_year', 'year') }} as period,
    dimension,
    member,
    issued_yuan,
    meals_paid_yuan,
    {{ ratio('meals_paid_yuan', 'issued_yuan', 100) }} as paid_rate
from members
