-- One row per award of student aid: of a student, a programme and a term.
with

student_aid as (

    select * from {{ ref('stg_finance__student_aid') }}

)

select
    district_code,
    year,
    cast(amount_yuan as decimal(38, 2)) as aid_yuan,
    cast(1 as bigint) as awards,
    _file_id,
    _sheet,
    _row_number
from student_aid
