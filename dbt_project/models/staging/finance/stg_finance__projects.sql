with

projects as (

    select * from {{ source('finance', 'projects') }}

)

select
    district_code,
    project_code,
    project_name,
    purpose,
    stage,
    valid_from,
    valid_to,
    _file_id,
    _sheet,
    _row_number
from projects
