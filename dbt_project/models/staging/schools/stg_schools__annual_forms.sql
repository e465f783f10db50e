with

annual_forms as (

    select * from {{ source('schools', 'annual_forms') }}

)

select
    district_code,
    period,
    cast(substr(period, 1, 4) as int) as census_year,
    school_code,
    stage,
    grade,
    classes,
    classes_up_to_25,
    classes_26_30,
    classes_31_35,
    classes_36_40,
    classes_41_45,
    classes_46_50,
    classes_51_55,
    classes_56_60,
    classes_61_65,
    classes_66_and_more,
    _file_id,
    _sheet,
    _row_number
from annual_forms
