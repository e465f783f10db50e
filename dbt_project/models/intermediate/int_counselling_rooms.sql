-- One row per school of the register that is a primary or secondary school at the end of the year:
-- a room of another institution counts in no figure.
with

counselling_rooms as (

    select * from {{ ref('stg_registers__counselling_rooms') }}

),

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}

)

select
    counselling_rooms.district_code,
    counselling_rooms.year,
    counselling_rooms.school_code,
    cast(case when counselling_rooms.is_in_task_list then 1 end as bigint) as rooms_in_task_list,
    cast(case when counselling_rooms.is_to_be_merged then 1 end as bigint)
        as schools_to_be_merged,
    cast(
        case
            when counselling_rooms.in_use_since <= make_date(counselling_rooms.year, 12, 31) then 1
        end as bigint
    ) as schools_with_room,
    counselling_rooms._file_id,
    counselling_rooms._sheet,
    counselling_rooms._row_number
from counselling_rooms
inner join schools_on_days
    on
        counselling_rooms.district_code = schools_on_days.district_code
        and counselling_rooms.year = schools_on_days.year
        and counselling_rooms.school_code = schools_on_days.school_code
        and schools_on_days.day_kind = 'year_end'
where schools_on_days.type_group = 'primary_or_secondary'
