-- One row per district and year of which the list of student aid and the school library are in
-- force: what was paid to students, and how many awards that were.
with

student_aid as (

    select * from {{ ref('int_student_aid') }}
    where left_out is null

),

aid_in_force as (

    select
        district_code,
        year
    from {{ ref('int_sources_in_force') }}
    where source in ('finance.student_aid', 'schools.schools')
    group by district_code, year
    having count(*) = 2

),

counted as (

    select
        district_code,
        year,
        cast(sum(aid_yuan) as decimal(38, 2)) as aid_yuan,
        cast(sum(awards) as bigint) as awards
    from student_aid
    group by district_code, year

)

select
    aid_in_force.district_code,
    aid_in_force.year,
    {{ period_of('calendar_year', 'aid_in_force.year') }} as period,
    'total' as dimension,
    'total' as member,
    cast(coalesce(counted.aid_yuan, 0) as decimal(38, 2)) as aid_yuan,
    cast(coalesce(counted.awards, 0) as bigint) as awards
from aid_in_force
left join counted
    on
        aid_in_force.district_code = counted.district_code
        and aid_in_force.year = counted.year
