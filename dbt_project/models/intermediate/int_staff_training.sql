-- One row per member of the staff; of who is in post: trained in the year, and hours enough in five
-- years.
with

staff_in_post as (

    select * from {{ ref('int_staff_in_post') }}

),

training_hours as (

    select * from {{ ref('int_training_hours') }}
    where left_out is null

),

by_person as (

    select
        district_code,
        year,
        staff_id,
        sum(training_hours) as training_hours,
        max(case when is_in_year then 1 else 0 end) as trained_in_year
    from training_hours
    group by district_code, year, staff_id

)

select
    staff_in_post.district_code,
    staff_in_post.period,
    staff_in_post.year,
    staff_in_post.school_code,
    staff_in_post.stage,
    staff_in_post.left_out,
    cast(null as string) as in_doubt,
    cast(case when staff_in_post.left_out is null then 1 end as bigint) as staff,
    cast(
        case when staff_in_post.left_out is null and by_person.trained_in_year = 1 then 1 end
        as bigint
    ) as trained_staff,
    cast(
        case
            when
                staff_in_post.left_out is null
                and 60 * coalesce(by_person.training_hours, 0)
                >= staff_in_post.required_hours_times_60
                then 1
        end as bigint
    ) as staff_with_required_hours,
    staff_in_post._file_id,
    staff_in_post._sheet,
    staff_in_post._row_number
from staff_in_post
left join by_person
    on
        staff_in_post.district_code = by_person.district_code
        and staff_in_post.year = by_person.year
        and staff_in_post.staff_id = by_person.staff_id
