-- One row per district, calendar year and member: all of the district, and each stage.
with

education_funds as (

    select * from {{ ref('int_education_funds') }}

),

education_payments as (

    select * from {{ ref('int_education_payments') }}

),

stage_payments as (

    select * from {{ ref('int_stage_payments') }}

),

student_months as (

    select * from {{ ref('int_student_months') }}

),

stages as (

    select * from {{ ref('stages') }}

),

years as (

    select * from {{ ref('int_years') }}

),

members as (

    select
        years.district_code,
        years.year,
        'stage' as dimension,
        stages.stage as member
    from years
    cross join stages
    union all
    select
        district_code,
        year,
        'total' as dimension,
        'total' as member
    from years

),

funds as (

    select
        district_code,
        year,
        'stage' as dimension,
        stage as member,
        cast(sum(funds_yuan) as decimal(38, 2)) as funds_yuan
    from education_funds
    group by district_code, year, stage
    union all
    select
        district_code,
        year,
        'total' as dimension,
        'total' as member,
        cast(sum(funds_yuan) as decimal(38, 2)) as funds_yuan
    from education_funds
    group by district_code, year

),

payments as (

    select
        district_code,
        year,
        'stage' as dimension,
        stage as member,
        cast(sum(payments_yuan) as decimal(38, 2)) as payments_yuan
    from education_payments
    where stage is not null
    group by district_code, year, stage
    union all
    select
        district_code,
        year,
        'total' as dimension,
        'total' as member,
        cast(sum(payments_yuan) as decimal(38, 2)) as payments_yuan
    from education_payments
    group by district_code, year

),

payments_of_stages as (

    select
        district_code,
        year,
        'stage' as dimension,
        stage as member,
        cast(sum(stage_payments_yuan) as decimal(38, 2)) as stage_payments_yuan
    from stage_payments
    group by district_code, year, stage

),

months as (

    select
        district_code,
        year,
        'stage' as dimension,
        stage as member,
        cast(sum(student_months) as bigint) as student_months
    from student_months
    group by district_code, year, stage

)

select
    members.district_code,
    members.year,
    {{ period_of('calendar_year', 'members.year') }} as period,
    members.dimension,
    members.member,
    funds.funds_yuan,
    payments.payments_yuan,
    payments_of_stages.stage_payments_yuan,
    months.student_months,
    {{ ratio('funds.funds_yuan', 'months.student_months', 12) }} as funds_per_student_yuan,
    {{ ratio('payments_of_stages.stage_payments_yuan', 'months.student_months', 12) }}
        as payments_per_student_yuan
from members
left join funds
    on
        members.district_code = funds.district_code
        and members.year = funds.year
        and members.dimension = funds.dimension
        and members.member = funds.member
left join payments
    on
        members.district_code = payments.district_code
        and members.year = payments.year
        and members.dimension = payments.dimension
        and members.member = payments.member
left join payments_of_stages
    on
        members.district_code = payments_of_stages.district_code
        and members.year = payments_of_stages.year
        and members.dimension = payments_of_stages.dimension
        and members.member = payments_of_stages.member
left join months
    on
        members.district_code = months.district_code
        and members.year = months.year
        and members.dimension = months.dimension
        and members.member = months.member
