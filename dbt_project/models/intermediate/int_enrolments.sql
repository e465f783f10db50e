-- One row per pupil on a census day, with the school as the library shows it on that day.
with

students as (

    select * from {{ ref('stg_schools__students') }}

),

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}

)

select
    students.district_code,
    students.period,
    students.census_year,
    students.school_code,
    schools_on_days.ledger_school_code,
    students.stage,
    schools_on_days.is_public,
    coalesce(students.is_boarder, false) as is_boarder,
    coalesce(students.has_special_needs, false) as has_special_needs,
    students.is_boarder is null or students.has_special_needs is null as is_in_doubt,
    students._file_id,
    students._sheet,
    students._row_number
from students
left join schools_on_days
    on
        students.district_code = schools_on_days.district_code
        and students.census_year = schools_on_days.year
        and students.school_code = schools_on_days.school_code
        and schools_on_days.day_kind = 'census'
