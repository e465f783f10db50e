-- One row per district and year: principals and teachers of public institutions, and how many of
-- them were trained.
with

staff_training as (

    select * from {{ ref('int_staff_training') }}
    where left_out is null

),

counted as (

    select
        district_code,
        year,
        cast(sum(staff) as bigint) as staff,
        cast(sum(trained_staff) as bigint) as trained_staff,
        cast(sum(staff_with_required_hours) as bigint) as staff_with_required_hours
    from staff_training
    group by district_code, year

)

select
    district_code,
    year,
    {{ period_of('span', 'year') }} as period,
    'total' as dimension,
    'total' as member,
    staff,
    trained_staff,
    staff_with_required_hours,
    {{ ratio('staff_with_required_hours', 'staff', 100) }} as required_hours_rate
from counted
