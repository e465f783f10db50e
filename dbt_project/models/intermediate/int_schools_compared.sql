-- One row per school and compulsory stage on a census day: how many pupils it has, and why its
-- resources are not compared with other schools'. What is not known of a school may be one.
with

enrolments as (

    select * from {{ ref('int_enrolments') }}

),

school_stages as (

    select * from {{ ref('int_school_stages') }}
    where day_kind = 'census'

),

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}
    where day_kind = 'census'

),

standards_on_days as (

    select * from {{ ref('int_standards_on_days') }}
    where standard_id = 'teaching_point_compared' and day_kind = 'autumn'

),

stages as (

    select
        district_code,
        census_year as year,
        school_code,
        stage,
        1 as pupils
    from enrolments
    where stage in ('普通小学', '普通初中')
    union all
    select
        district_code,
        year,
        school_code,
        stage,
        0 as pupils
    from school_stages
    where stage in ('普通小学', '普通初中')

),

counted as (

    select
        district_code,
        year,
        school_code,
        stage,
        cast(sum(pupils) as bigint) as pupils
    from stages
    group by district_code, year, school_code, stage

)

select
    counted.district_code,
    counted.year,
    counted.school_code,
    counted.stage,
    counted.pupils,
    case
        when schools_on_days.school_code is null then 'unmatched school'
        when
            schools_on_days.type_group
            not in ('primary_or_secondary', 'teaching_point', 'attached_class', 'unknown')
            then 'not compared'
        when
            schools_on_days.type_group = 'teaching_point'
            and counted.pupils < standards_on_days.value
            then 'small teaching point'
        when counted.pupils = 0 then 'no pupils'
    end as left_out
from counted
left join schools_on_days
    on
        counted.district_code = schools_on_days.district_code
        and counted.year = schools_on_days.year
        and counted.school_code = schools_on_days.school_code
left join standards_on_days
    on
        counted.district_code = standards_on_days.district_code
        and counted.year = standards_on_days.year
