-- One row per member of the staff. Principals and teachers of public institutions in post on the
-- census day count, with the hours owed: 360 in five years, or the share of the full months in post
-- for who entered later.
with

staff as (

    select
        *,
        make_date(year, 9, 1) as census_day
    from {{ ref('stg_staffing__staff') }}

),

staff_posts as (

    select * from {{ ref('staff_posts') }}

),

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}
    where day_kind = 'census'

),

standards_on_days as (

    select * from {{ ref('int_standards_on_days') }}
    where day_kind = 'year_end' and standard_id = 'training_hours' and stage = 'total'

),

matched as (

    select
        staff.*,
        -- full months from the day of entry to the first day after the span, at most sixty
        case
            when staff.entered_on <= make_date(staff.year - 4, 1, 1) then 60
            else
                (staff.year + 1 - extract(year from staff.entered_on)) * 12
                + 1 - extract(month from staff.entered_on)
                - case when extract(day from staff.entered_on) > 1 then 1 else 0 end
        end as months_in_post,
        standards_on_days.value as standard_hours,
        case
            when not staff_posts.is_teacher_or_principal then 'no teacher'
            when not schools_on_days.is_public or schools_on_days.type_group = 'other'
                then 'at no public school'
            -- of dates that contradict each other or are empty it is not known
            when
                coalesce(staff.left_on >= staff.entered_on, true)
                and (staff.entered_on > staff.census_day or staff.left_on < staff.census_day)
                then 'not in post'
            when schools_on_days.is_public is null then 'unmatched public school'
            when staff_posts.post is null then 'unknown post'
            when schools_on_days.type_group = 'unknown' then 'unknown type of school'
            when staff.entered_on is null or staff.left_on < staff.entered_on
                then 'no dates in post'
        end as left_out
    from staff
    left join staff_posts on staff.post = staff_posts.post
    left join schools_on_days
        on
            staff.district_code = schools_on_days.district_code
            and staff.year = schools_on_days.year
            and staff.school_code = schools_on_days.school_code
    left join standards_on_days
        on
            staff.district_code = standards_on_days.district_code
            and staff.year = standards_on_days.year

)

select
    district_code,
    period,
    year,
    staff_id,
    school_code,
    stage,
    left_out,
    cast(case when left_out is null then months_in_post end as bigint) as months_in_post,
    -- sixty times the hours owed, so that it stays whole
    cast(case when left_out is null then standard_hours * months_in_post end as decimal(18, 2))
        as required_hours_times_60,
    _file_id,
    _sheet,
    _row_number
from matched
