-- One row per member of the staff; who is not in post on the census day counts nowhere.
with

entries as (

    select
        *,
        cast(substr(period, 1, 4) as int) as year
    from {{ source('staffing', 'staff') }}

),

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}
    where day_kind = 'census'

),

staff_posts as (

    select * from {{ ref('staff_posts') }}

),

subject_groups as (

    select * from {{ ref('subject_groups') }}

),

joined as (

    select
        entries.*,
        nullif(schools_on_days.type_group, 'unknown') as school_type_group,
        schools_on_days.is_public as school_is_public,
        staff_posts.is_teacher_or_principal as is_teacher,
        case
            when entries.subject is not null then coalesce(subject_groups.subject_group, '其他')
        end as subject_group,
        entries.at_school_since <= make_date(entries.year - 6, 9, 1) as has_six_years,
        case
            when entries.putonghua_on > make_date(entries.year, 9, 1) then 0
            when entries.putonghua in ('一级甲等', '一级乙等', '二级甲等') then 2
            when entries.putonghua = '二级乙等' then 1
            when entries.putonghua is not null then 0
        end as putonghua_rank,
        case
            when
                entries.entered_on > make_date(entries.year, 9, 1)
                or entries.left_on < make_date(entries.year, 9, 1)
                then 'not in post'
            when entries.entered_on is null then 'no date'
            when schools_on_days.school_code is null then 'unmatched school'
        end as left_out
    from entries
    left join schools_on_days
        on
            entries.district_code = schools_on_days.district_code
            and entries.year = schools_on_days.year
            and entries.school_code = schools_on_days.school_code
    left join staff_posts on entries.post = staff_posts.post
    left join subject_groups on entries.subject = subject_groups.subject

),

matched as (

    select
        *,
        case
            when putonghua_rank = 1 then subject_group <> '语文'
            else putonghua_rank = 2
        end as is_putonghua_met
    from joined

),

{{ counted_rows('staffing.staff') }}
