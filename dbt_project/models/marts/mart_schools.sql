-- One row per district and end of a year: primary and secondary schools and their counselling
-- rooms.
with

schools as (

    select * from {{ ref('int_primary_and_secondary_schools') }}

),

counselling_rooms as (

    select * from {{ ref('int_counselling_rooms') }}

),

counted_schools as (

    select
        district_code,
        year,
        cast(sum(schools) as bigint) as schools
    from schools
    group by district_code, year

),

counted_rooms as (

    select
        district_code,
        year,
        cast(coalesce(sum(rooms_in_task_list), 0) as bigint) as rooms_in_task_list,
        cast(coalesce(sum(schools_to_be_merged), 0) as bigint) as schools_to_be_merged,
        cast(coalesce(sum(schools_with_room), 0) as bigint) as schools_with_room
    from counselling_rooms
    group by district_code, year

)

select
    counted_schools.district_code,
    counted_schools.year,
    {{ period_of('year_end', 'counted_schools.year') }} as period,
    'total' as dimension,
    'total' as member,
    counted_schools.schools,
    counted_rooms.rooms_in_task_list,
    counted_rooms.schools_to_be_merged,
    counted_rooms.schools_with_room
from counted_schools
left join counted_rooms
    on
        counted_schools.district_code = counted_rooms.district_code
        and counted_schools.year = counted_rooms.year
