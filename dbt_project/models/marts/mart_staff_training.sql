-- One row per district and year: principals and teachers of public institutions, and how many of
-- them were trained; without the register of trainings that is not 0 but unknown.
with

staff_training as (

    select * from {{ ref('int_staff_training') }}
    where left_out is null

),

trainings_in_force as (

    select * from {{ ref('int_sources_in_force') }}
    where source = 'staffing.trainings'

),

counted as (

    select
        district_code,
        year,
        cast(sum(staff) as bigint) as staff,
        cast(coalesce(sum(trained_staff), 0) as bigint) as trained_staff,
        cast(coalesce(sum(staff_with_required_hours), 0) as bigint) as staff_with_required_hours
    from staff_training
    group by district_code, year

),

known as (

    select
        counted.district_code,
        counted.year,
        counted.staff,
        case when trainings_in_force.year is not null then counted.trained_staff end
            as trained_staff,
        case when trainings_in_force.year is not null then counted.staff_with_required_hours end
            as staff_with_required_hours
    from counted
    left join trainings_in_force
        on
            counted.district_code = trainings_in_force.district_code
            and counted.year = trainings_in_force.year

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
from known
