-- One row per task of a year: what the city gave to do, and what the district means to do next.
with

tasks as (

    select * from {{ ref('int_tasks') }}
    where left_out is null

),

districts as (

    select * from {{ source('landing', 'districts') }}

),

-- A waiver may let two rows of one number stand: the first of them is the task.
ranked as (

    select
        tasks.*,
        districts.evaluation_year,
        row_number() over (
            partition by tasks.district_code, districts.evaluation_year, tasks.number
            order by
                tasks._file_id nulls last,
                tasks._sheet nulls last,
                tasks._row_number nulls last
        ) as place
    from tasks
    inner join districts
        on
            tasks.district_code = districts.district_code
            and tasks.year = districts.evaluation_year
    where tasks.number is not null

)

select
    district_code,
    evaluation_year,
    number,
    kind,
    task,
    from_whom,
    due_on,
    state,
    indicator,
    target,
    _file_id as file_id,
    _sheet as sheet,
    cast(_row_number as int) as row_number
from ranked
where place = 1
