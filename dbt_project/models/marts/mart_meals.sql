-- One row per district and year, and one per level of government whose money it is: funds for
-- school meals that were handed down, and what was paid of them.
with

meal_funds as (

    select * from {{ ref('int_meal_funds') }}

),

meal_payments as (

    select * from {{ ref('int_meal_payments') }}

),

years as (

    select * from {{ ref('int_years') }}

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
        issued.issued_yuan,
        paid.meals_paid_yuan
    from years
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
