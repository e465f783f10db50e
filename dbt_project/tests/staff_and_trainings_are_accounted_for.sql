-- What: every landed row of staff is in int_staff_training, with the trainings and hours that its
--   landed trainings add up to, and every landed training in int_training_hours with its hours, or
--   out of it for a named reason: in doubt, no principal or teacher, not in post on the census day,
--   private school or office; outside the five years, not of anybody in post.
-- When it matters: 21.1 and 21.2 count people; one that is lost or doubled passes unnoticed.
-- To resolve: look at the row in the landed file; then at the last change in int_staff_in_post,
--   int_staff_training or int_training_hours.
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

-- what the library's own rows say of a school on the census day
schools as (

    select
        schools.district_code,
        years.year,
        schools.school_code,
        min(case when founders.is_public and types.type_group <> 'other' then 1 else 0 end)
            as is_counted
    from {{ source('schools', 'schools') }} as schools
    inner join {{ ref('int_years') }} as years
        on
            schools.district_code = years.district_code
            and make_date(years.year, 9, 1) >= schools.valid_from
            and (schools.valid_to is null or make_date(years.year, 9, 1) <= schools.valid_to)
    left join {{ ref('school_types') }} as types on schools.type_code = types.type_code
    left join {{ ref('founders') }} as founders on schools.founder_code = founders.founder_code
    group by schools.district_code, years.year, schools.school_code

),

unmatched as (

    select
        district_code,
        cast(substr(period, 1, 4) as int) as year,
        _file_id,
        _sheet,
        _row_number
    from {{ ref('int_unmatched_units') }}
    where fact = 'int_staff_training' and source = 'staffing.staff'

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

hours as (

    select
        district_code,
        year,
        staff_id,
        sum(hours) as hours,
        max(case when trained_on >= make_date(year, 1, 1) then 1 else 0 end) as is_trained
    from trainings
    where
        trained_on >= make_date(year - 4, 1, 1)
        and trained_on <= make_date(year, 12, 31)
    group by district_code, year, staff_id

),

standards as (

    select
        district_code,
        year,
        value
    from {{ ref('int_standards_on_days') }}
    where standard_id = 'training_hours' and stage = 'total' and day_kind = 'year_end'

),

-- the months from the first whole one in post to the end of the span, at most five years
months as (

    select
        *,
        least(
            60,
            12 * (year + 1)
            - 12 * extract(year from entered_on)
            - extract(month from entered_on) + 1
            - case when extract(day from entered_on) = 1 then 0 else 1 end
        ) as months
    from staff

),

owed as (

    select
        staff.district_code,
        staff.year,
        staff._file_id,
        staff._sheet,
        staff._row_number,
        coalesce(hours.is_trained, 0) = 1 as is_trained,
        60 * coalesce(hours.hours, 0) >= standards.value * staff.months as is_with_hours,
        coalesce(in_post.months_in_post <> staff.months, false) as has_other_months
    from months as staff
    left join {{ ref('int_staff_in_post') }} as in_post
        on
            staff.district_code = in_post.district_code
            and staff.year = in_post.year
            and staff._file_id = in_post._file_id
            and staff._sheet = in_post._sheet
            and staff._row_number = in_post._row_number
    left join standards
        on
            staff.district_code = standards.district_code
            and staff.year = standards.year
    left join hours
        on
            staff.district_code = hours.district_code
            and staff.year = hours.year
            and staff.staff_id = hours.staff_id

),

staff_with_reason as (

    select
        'int_staff_training' as fact,
        staff.district_code,
        staff.year,
        staff.staff_id,
        coalesce(staff._file_id, facts._file_id) as file_id,
        coalesce(staff._sheet, facts._sheet) as sheet,
        coalesce(staff._row_number, facts._row_number) as row_number,
        staff._file_id is not null as is_landed,
        facts._file_id is not null as is_in_fact,
        facts.staff = 1
        and coalesce(facts.trained_staff = 1, false) = owed.is_trained
        and coalesce(facts.staff_with_required_hours = 1, false)
        = coalesce(owed.is_with_hours, false)
        and not owed.has_other_months as is_same,
        case
            when unmatched._file_id is not null then 'in doubt'
            when not staff.is_teacher_or_principal then 'no principal or teacher'
            when
                staff.left_on < make_date(staff.year, 9, 1)
                or staff.entered_on > make_date(staff.year, 9, 1)
                then 'not in post on the census day'
            when schools.is_counted = 0 then 'private school or office'
        end as reason
    from staff
    full join {{ ref('int_staff_training') }} as facts
        on
            staff.district_code = facts.district_code
            and staff.year = facts.year
            and staff._file_id = facts._file_id
            and staff._sheet = facts._sheet
            and staff._row_number = facts._row_number
    left join owed
        on
            staff.district_code = owed.district_code
            and staff.year = owed.year
            and staff._file_id = owed._file_id
            and staff._sheet = owed._sheet
            and staff._row_number = owed._row_number
    left join schools
        on
            staff.district_code = schools.district_code
            and staff.year = schools.year
            and staff.school_code = schools.school_code
    left join unmatched
        on
            staff.district_code = unmatched.district_code
            and staff.year = unmatched.year
            and staff._file_id = unmatched._file_id
            and staff._sheet = unmatched._sheet
            and staff._row_number = unmatched._row_number

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
            when in_post.staff_id is null or in_post.reason is not null
                then 'not of anybody in post'
        end as reason
    from trainings
    full join {{ ref('int_training_hours') }} as facts
        on
            trainings.district_code = facts.district_code
            and trainings.year = facts.year
            and trainings._file_id = facts._file_id
            and trainings._sheet = facts._sheet
            and trainings._row_number = facts._row_number
    left join staff_with_reason as in_post
        on
            trainings.district_code = in_post.district_code
            and trainings.year = in_post.year
            and trainings.staff_id = in_post.staff_id

),

both_facts as (

    select
        fact,
        file_id,
        sheet,
        row_number,
        is_landed,
        is_in_fact,
        is_same,
        reason
    from staff_with_reason
    union all
    select * from trainings_with_reason

)

select
    case
        when not is_landed then 'in the fact, but not landed'
        when not is_in_fact then 'not in the fact, for no reason'
        when reason is not null then 'in the fact, though ' || reason
        else 'another count or number of hours in the fact'
    end as rule,
    fact,
    file_id,
    sheet,
    row_number
from both_facts
where
    not is_landed
    or is_in_fact = (reason is not null)
    or (is_in_fact and not coalesce(is_same, false))
