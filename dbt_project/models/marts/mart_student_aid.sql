-- One row per district and year with student aid: what was paid to students, and how many awards
-- that were.
with

student_aid as (

    select * from {{ ref('int_student_aid') }}
    where left_out is null

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
    district_code,
    year,
    {{ period_of('calendar_year', 'year') }} as period,
    'total' as dimension,
    'total' as member,
    aid_yuan,
    awards
from counted
