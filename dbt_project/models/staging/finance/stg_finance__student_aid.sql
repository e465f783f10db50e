with

student_aid as (

    select * from {{ source('finance', 'student_aid') }}

)

select
    district_code,
    period,
    cast(period as int) as year,
    award_no,
    student_id,
    school_code,
    programme,
    term,
    paid_on,
    amount_yuan,
    _file_id,
    _sheet,
    _row_number
from student_aid
