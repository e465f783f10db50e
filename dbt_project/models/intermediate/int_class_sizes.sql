-- One row per school, stage and grade of the yearly forms: classes, and of them those of more than
-- 55 and of more than 65 pupils. An empty cell of a band is no class.
with

annual_forms as (

    select * from {{ ref('stg_schools__annual_forms') }}

),

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}
    where day_kind = 'census'

),

matched as (

    select
        annual_forms.*,
        case when schools_on_days.school_code is null then 'unmatched school' end as left_out
    from annual_forms
    left join schools_on_days
        on
            annual_forms.district_code = schools_on_days.district_code
            and annual_forms.census_year = schools_on_days.year
            and annual_forms.school_code = schools_on_days.school_code

)

select
    district_code,
    period,
    census_year as year,
    school_code,
    stage,
    left_out,
    case when left_out is null and classes is null then '班数空白' end as in_doubt,
    cast(case when left_out is null then classes end as bigint) as classes,
    cast(
        case
            when left_out is null
                then
                    coalesce(classes_56_60, 0)
                    + coalesce(classes_61_65, 0)
                    + coalesce(classes_66_and_more, 0)
        end as bigint
    ) as large_classes,
    cast(case when left_out is null then coalesce(classes_66_and_more, 0) end as bigint)
        as oversize_classes,
    _file_id,
    _sheet,
    _row_number
from matched
