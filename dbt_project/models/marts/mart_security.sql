-- One row per district and year: guards on contract at its end, and what was paid for security in
-- it. Where a source is in force and says nothing that is 0; where it is missing it is unknown.
with

security_guards as (

    select * from {{ ref('int_security_guards') }}
    where left_out is null

),

security_payments as (

    select * from {{ ref('int_security_payments') }}

),

sources_in_force as (

    select * from {{ ref('int_sources_in_force') }}

),

years as (

    select * from {{ ref('int_years') }}

),

guards_in_force as (

    select
        district_code,
        year
    from sources_in_force
    where source in ('staffing.guards', 'schools.schools')
    group by district_code, year
    having count(*) = 2

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
    cast(
        case when guards_in_force.year is not null then coalesce(counted.guards, 0) end as bigint
    ) as guards,
    cast(
        case when payments_in_force.year is not null then coalesce(paid.security_paid_yuan, 0) end
        as decimal(38, 2)
    ) as security_paid_yuan
from years
left join guards_in_force
    on
        years.district_code = guards_in_force.district_code
        and years.year = guards_in_force.year
left join payments_in_force
    on
        years.district_code = payments_in_force.district_code
        and years.year = payments_in_force.year
left join counted
    on
        years.district_code = counted.district_code
        and years.year = counted.year
left join paid
    on
        years.district_code = paid.district_code
        and years.year = paid.year
