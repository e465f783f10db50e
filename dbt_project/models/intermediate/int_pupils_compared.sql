-- One row per pupil of a compulsory stage on a census day of which there are resource forms: the
-- weight of the school among the others, and why the pupil counts nowhere.
with

enrolments as (

    select * from {{ ref('int_enrolments') }}
    where stage in ('普通小学', '普通初中')

),

schools_compared as (

    select * from {{ ref('int_schools_compared') }}

),

school_resources as (

    select * from {{ ref('int_school_resources') }}

),

years as (

    select distinct
        district_code,
        year
    from school_resources

),

forms as (

    select distinct
        district_code,
        year,
        school_code,
        stage
    from school_resources
    where left_out is null

),

matched as (

    select
        enrolments.*,
        case
            when schools_compared.left_out is not null then schools_compared.left_out
            when forms.school_code is null then 'no form'
        end as left_out
    from enrolments
    inner join years
        on
            enrolments.district_code = years.district_code
            and enrolments.census_year = years.year
    inner join schools_compared
        on
            enrolments.district_code = schools_compared.district_code
            and enrolments.census_year = schools_compared.year
            and enrolments.school_code = schools_compared.school_code
            and enrolments.stage = schools_compared.stage
    left join forms
        on
            enrolments.district_code = forms.district_code
            and enrolments.census_year = forms.year
            and enrolments.school_code = forms.school_code
            and enrolments.stage = forms.stage

)

select
    district_code,
    period,
    census_year as year,
    school_code,
    stage,
    left_out,
    cast(null as string) as in_doubt,
    cast(case when left_out is null then 1 end as bigint) as pupils,
    _file_id,
    _sheet,
    _row_number
from matched
