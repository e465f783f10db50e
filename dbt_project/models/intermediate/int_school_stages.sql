-- One row per school, day and stage that it runs.
with

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}

),

school_type_stages as (

    select * from {{ ref('school_type_stages') }}

)

select
    schools_on_days.district_code,
    schools_on_days.year,
    schools_on_days.day_kind,
    schools_on_days.school_code,
    schools_on_days.type_group,
    schools_on_days.is_public,
    school_type_stages.stage
from schools_on_days
inner join school_type_stages on schools_on_days.type_code = school_type_stages.type_code
