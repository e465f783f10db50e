-- One row per row of the funding statistics: 教育事业费 + 基建经费 + 教育费附加. A blank cell is
-- none of that kind; a row of blanks alone is set aside at the door.
with

education_funds as (

    select * from {{ ref('stg_finance__education_funds') }}

)

select
    district_code,
    year,
    stage,
    school_code,
    cast(
        coalesce(staff_yuan, 0)
        + coalesce(operating_yuan, 0)
        + coalesce(construction_yuan, 0)
        + coalesce(surcharge_yuan, 0) as decimal(38, 2)
    ) as funds_yuan,
    _file_id,
    _sheet,
    _row_number
from education_funds
