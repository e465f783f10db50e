-- One row per district and year: guards on contract at its end, and what was paid for security in
-- it.
with

security_guards as (

    select * from {{ ref('int_security_guards') }}
    where left_out is null

),

security_payments as (

    select * from {{ ref('int_security_payments') }}

),

years as (

    select * from {{ ref('int_years') }}

),

counted as (

    select
        district_code,
        year,
        cast(sum(guards) as bigint) as guards
    from security_guards
    group by district_code, year

),

paid as (

    select
        district_code,
        year,
        cast(sum(security_paid_yuan) as decimal(38, 2)) as security_paid_yuan
    from security_payments
    group by district_code, year

)

select
    years.district_code,
    years.year,
    {{ period_of('calendar_year', 'years.year') }} as period,
    'total' as dimension,
    'total' as member,
    counted.guards,
    paid.security_paid_yuan
from years
left join counted
    on
        years.district_code = counted.district_code
        and years.year = counted.year
left join paid
    on
        years.district_code = paid.district_code
        and years.year = paid.year
