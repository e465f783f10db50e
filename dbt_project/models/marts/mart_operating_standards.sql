-- One row per district, period and member: the standards in force. Where spring and autumn of a
-- year have the same, the period is the year; otherwise each term has a row of its own.
with

standards_on_days as (

    select * from {{ ref('int_standards_on_days') }}

),

by_term as (

    select
        district_code,
        year,
        day_kind,
        case when stage = 'total' then 'total' else 'stage' end as dimension,
        stage as member,
        max(case when standard_id = 'operating_per_student' then value end)
            as operating_standard_yuan,
        max(case when standard_id = 'boarder_addition' then value end) as boarder_standard_yuan,
        max(case when standard_id = 'small_school_floor' then value end)
            as small_school_floor_students
    from standards_on_days
    where
        standard_id in ('operating_per_student', 'boarder_addition', 'small_school_floor')
        and day_kind in ('spring', 'autumn')
    group by district_code, year, day_kind, stage

),

with_changes as (

    select
        *,
        min(coalesce(operating_standard_yuan, 0))
            over (partition by district_code, year, dimension, member)
        <> max(coalesce(operating_standard_yuan, 0))
            over (partition by district_code, year, dimension, member)
        or min(coalesce(boarder_standard_yuan, 0))
            over (partition by district_code, year, dimension, member)
        <> max(coalesce(boarder_standard_yuan, 0))
            over (partition by district_code, year, dimension, member)
        or min(coalesce(small_school_floor_students, 0))
            over (partition by district_code, year, dimension, member)
        <> max(coalesce(small_school_floor_students, 0))
            over (partition by district_code, year, dimension, member)
        -- one that begins or ends between the terms
        or count(*) over (partition by district_code, year, dimension, member) = 1
            as changes_within_year
    from by_term

)

select
    district_code,
    year,
    case
        when not changes_within_year then {{ period_of('calendar_year', 'year') }}
        when day_kind = 'spring'
            then cast(year as string) || '-01..' || cast(year as string) || '-06'
        else cast(year as string) || '-07..' || cast(year as string) || '-12'
    end as period,
    dimension,
    member,
    cast(operating_standard_yuan as decimal(38, 10)) as operating_standard_yuan,
    cast(boarder_standard_yuan as decimal(38, 10)) as boarder_standard_yuan,
    cast(small_school_floor_students as decimal(38, 10)) as small_school_floor_students
from with_changes
where changes_within_year or day_kind = 'autumn'
