-- One row per principal or teacher of a public institution in post on the census day, with the
-- hours owed: 360 in five years, or the share of the full months in post for who entered later.
with

staff as (

    select * from {{ ref('stg_staffing__staff') }}

),

staff_posts as (

    select * from {{ ref('staff_posts') }}

),

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}

),

standards_on_days as (

    select * from {{ ref('int_standards_on_days') }}

),

in_post as (

    select
        staff.district_code,
        staff.year,
        staff.staff_id,
        -- full months from the day of entry to the first day after the span, at most sixty
        case
            when staff.entered_on <= make_date(staff.year - 4, 1, 1) then 60
            else
                (staff.year + 1 - extract(year from staff.entered_on)) * 12
                + 1 - extract(month from staff.entered_on)
                - case when extract(day from staff.entered_on) > 1 then 1 else 0 end
        end as months_in_post,
        standards_on_days.value as standard_hours,
        staff._file_id,
        staff._sheet,
        staff._row_number
    from staff
    inner join staff_posts on staff.post = staff_posts.post
    inner join schools_on_days
        on
            staff.district_code = schools_on_days.district_code
            and staff.year = schools_on_days.year
            and staff.school_code = schools_on_days.school_code
            and schools_on_days.day_kind = 'census'
    left join standards_on_days
        on
            staff.district_code = standards_on_days.district_code
            and staff.year = standards_on_days.year
            and standards_on_days.day_kind = 'year_end'
            and standards_on_days.standard_id = 'training_hours'
            and standards_on_days.stage = 'total'
    where
        staff_posts.is_teacher_or_principal
        and schools_on_days.is_public
        and schools_on_days.type_group not in ('other', 'unknown')
        and staff.entered_on <= make_date(staff.year, 9, 1)
        and (staff.left_on is null or staff.left_on >= make_date(staff.year, 9, 1))

)

select
    district_code,
    year,
    staff_id,
    cast(months_in_post as bigint) as months_in_post,
    -- sixty times the hours owed, so that it stays whole
    cast(standard_hours * months_in_post as decimal(18, 2)) as required_hours_times_60,
    _file_id,
    _sheet,
    _row_number
from in_post
