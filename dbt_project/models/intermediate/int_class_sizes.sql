-- One row per school, stage and grade of the yearly forms: classes, and of them those of more than
-- 55 and of more than 65 pupils. An empty cell of a band is no class.
with

annual_forms as (

    select * from {{ ref('stg_schools__annual_forms') }}

),

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}

)

select
    annual_forms.district_code,
    annual_forms.census_year as year,
    annual_forms.school_code,
    annual_forms.stage,
    cast(annual_forms.classes as bigint) as classes,
    cast(
        coalesce(annual_forms.classes_56_60, 0)
        + coalesce(annual_forms.classes_61_65, 0)
        + coalesce(annual_forms.classes_66_and_more, 0) as bigint
    ) as large_classes,
    cast(coalesce(annual_forms.classes_66_and_more, 0) as bigint) as oversize_classes,
    annual_forms._file_id,
    annual_forms._sheet,
    annual_forms._row_number
from annual_forms
inner join schools_on_days
    on
        annual_forms.district_code = schools_on_days.district_code
        and annual_forms.census_year = schools_on_days.year
        and annual_forms.school_code = schools_on_days.school_code
        and schools_on_days.day_kind = 'census'
