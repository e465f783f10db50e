-- What: every landed row of staff is in int_staff_training, and every landed training in
--   int_training_hours with its hours, or out of it for a named reason: no principal or teacher,
--   not in post on the census day, unmatched school, private school or office; outside the five
--   years, not of anybody in post.
-- When it matters: 21.1 and 21.2 count people; one that is lost or doubled passes unnoticed.
-- To resolve: look at the row in the landed file; then at the last change in int_staff_in_post
--   or int_training_hours.
with

staff as (

    select
        staff.district_code,
        cast(substr(staff.period, 1, 4) as int) as year,
        staff.staff_id,
        staff.school_code,
        staff.entered_on,
        staff.left_on,
        coalesce(posts.is_teacher_or_principal, false) as is_teacher_or_principal,
        staff._file_id,
        staff._sheet,
        staff._row_number
    from {{ source('staffing', 'staff') }} as staff
    left join {{ ref('staff_posts') }} as posts on staff.post = posts.post

),

schools as (

    select
        district_code,
        year,
        school_code,
        is_public and type_group <> 'other' as is_counted
    from {{ ref('int_schools_on_days') }}
    where day_kind = 'census'

),

unmatched as (

    select
        district_code,
        _file_id,
        _sheet,
        _row_number
    from {{ ref('int_unmatched_units') }}
    where fact = 'int_staff_training'

),

staff_with_reason as (

    select
        'int_staff_training' as fact,
        coalesce(staff._file_id, facts._file_id) as file_id,
        coalesce(staff._sheet, facts._sheet) as sheet,
        coalesce(staff._row_number, facts._row_number) as row_number,
        staff._file_id is not null as is_landed,
        facts._file_id is not null as is_in_fact,
        true as is_same,
        case
            when not staff.is_teacher_or_principal then 'no principal or teacher'
            when
                staff.left_on < make_date(staff.year, 9, 1)
                or staff.entered_on > make_date(staff.year, 9, 1)
                then 'not in post on the census day'
            when unmatched._file_id is not null then 'unmatched school'
            when not schools.is_counted then 'private school or office'
        end as reason
    from staff
    full join {{ ref('int_staff_training') }} as facts
        on
            staff.district_code = facts.district_code
            and staff.year = facts.year
            and staff._file_id = facts._file_id
            and staff._sheet = facts._sheet
            and staff._row_number = facts._row_number
    left join schools
        on
            staff.district_code = schools.district_code
            and staff.year = schools.year
            and staff.school_code = schools.school_code
    left join unmatched
        on
            staff.district_code = unmatched.district_code
            and staff._file_id = unmatched._file_id
            and staff._sheet = unmatched._sheet
            and staff._row_number = unmatched._row_number

),

trainings as (

    select
        district_code,
        cast(substr(period, 10, 4) as int) as year,
        staff_id,
        trained_on,
        hours,
        _file_id,
        _sheet,
        _row_number
    from {{ source('staffing', 'trainings') }}

),

in_post as (

    select distinct
        staff.district_code,
        staff.year,
        staff.staff_id
    from staff
    inner join {{ ref('int_staff_training') }} as facts
        on
            staff.district_code = facts.district_code
            and staff.year = facts.year
            and staff._file_id = facts._file_id
            and staff._sheet = facts._sheet
            and staff._row_number = facts._row_number

),

trainings_with_reason as (

    select
        'int_training_hours' as fact,
        coalesce(trainings._file_id, facts._file_id) as file_id,
        coalesce(trainings._sheet, facts._sheet) as sheet,
        coalesce(trainings._row_number, facts._row_number) as row_number,
        trainings._file_id is not null as is_landed,
        facts._file_id is not null as is_in_fact,
        coalesce(trainings.hours, 0) = coalesce(facts.training_hours, 0) as is_same,
        case
            when
                trainings.trained_on < make_date(trainings.year - 4, 1, 1)
                or trainings.trained_on > make_date(trainings.year, 12, 31)
                or trainings.trained_on is null
                then 'outside the five years'
            when in_post.staff_id is null then 'not of anybody in post'
        end as reason
    from trainings
    full join {{ ref('int_training_hours') }} as facts
        on
            trainings.district_code = facts.district_code
            and trainings.year = facts.year
            and trainings._file_id = facts._file_id
            and trainings._sheet = facts._sheet
            and trainings._row_number = facts._row_number
    left join in_post
        on
            trainings.district_code = in_post.district_code
            and trainings.year = in_post.year
            and trainings.staff_id = in_post.staff_id

),

both_facts as (

    select * from staff_with_reason
    union all
    select * from trainings_with_reason

)

select
    case
        when not is_landed then 'in the fact, but not landed'
        when not is_in_fact then 'not in the fact, for no reason'
        when reason is not null then 'in the fact, though ' || reason
        else 'another number of hours in the fact'
    end as rule,
    fact,
    file_id,
    sheet,
    row_number
from both_facts
where
    not is_landed
    or is_in_fact = (reason is not null)
    or (is_in_fact and not is_same)
