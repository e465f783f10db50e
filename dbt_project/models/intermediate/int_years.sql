-- One row per district and year that an open evaluation year looks at, back to two years before.
with

districts as (

    select * from {{ source('landing', 'districts') }}

),

offsets as (

    select column1 as year_offset from (values (-2), (-1), (0)) as offsets (column1)

)

select distinct
    districts.district_code,
    districts.evaluation_year + offsets.year_offset as year
from districts
cross join offsets
