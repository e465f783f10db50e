-- One row per training record of the span; those of its last year count, of persons of the staff.
with

entries as (

    select * from {{ ref('stg_staffing__trainings') }}

),

staff as (

    select distinct
        district_code,
        year,
        staff_id
    from {{ ref('stg_staffing__staff') }}

),

staff_in_post as (

    select * from {{ ref('int_staff_in_post') }}
    where left_out is null

),

training_themes as (

    select * from {{ ref('training_themes') }}

),

courses as (

    select distinct course
    from entries
    where course is not null

),

themes as (

    select
        courses.course,
        max(case when training_themes.theme = '师德' then 1 else 0 end) = 1 as is_of_ethics,
        max(case when training_themes.theme = '心理健康' then 1 else 0 end) = 1 as is_of_psychology
    from courses
    left join training_themes on courses.course like '%' || training_themes.word || '%'
    group by courses.course

),

matched as (

    select
        entries.*,
        themes.is_of_ethics,
        themes.is_of_psychology,
        staff_in_post.staff_id is not null as is_in_post,
        case
            when extract(year from entries.trained_on) <> entries.year then 'another year'
            when entries.trained_on is null then 'no date'
            when staff.staff_id is null then 'unmatched person'
        end as left_out
    from entries
    left join themes on entries.course = themes.course
    left join staff
        on
            entries.district_code = staff.district_code
            and entries.year = staff.year
            and entries.staff_id = staff.staff_id
    left join staff_in_post
        on
            entries.district_code = staff_in_post.district_code
            and entries.year = staff_in_post.year
            and entries.staff_id = staff_in_post.staff_id

),

{{ counted_rows('staffing.trainings') }}
