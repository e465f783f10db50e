-- One row per payment of operating funds, with the school to which its unit code leads on the
-- day of payment; school_code is null where the crosswalk knows no such unit, or the library no
-- such school. Of two entries that are valid on one day the one that began later holds, for
-- projects and for units.
with

payments as (

    select * from {{ ref('stg_finance__payments') }}

),

projects as (

    select * from {{ ref('stg_finance__projects') }}

),

project_purposes as (

    select * from {{ ref('project_purposes') }}

),

crosswalk as (

    select * from {{ ref('stg_schools__crosswalk') }}

),

library as (

    select distinct
        district_code,
        school_code
    from {{ ref('stg_schools__schools') }}

),

with_project as (

    select
        payments.district_code,
        payments.period,
        payments.year,
        payments.paid_on,
        payments.unit_code,
        projects.purpose,
        projects.stage,
        payments.amount_yuan,
        payments._file_id,
        payments._sheet,
        payments._row_number,
        row_number() over (
            partition by
                payments.district_code,
                payments.period,
                payments._file_id,
                payments._sheet,
                payments._row_number
            order by
                projects.valid_from desc nulls last,
                projects._file_id desc nulls last,
                projects._row_number desc nulls last
        ) as place
    from payments
    inner join projects
        on
            payments.district_code = projects.district_code
            and payments.project_code = projects.project_code
            and (projects.valid_from is null or payments.paid_on >= projects.valid_from)
            and (projects.valid_to is null or payments.paid_on <= projects.valid_to)
    where not payments.is_deleted

),

of_purpose as (

    select
        with_project.*,
        project_purposes.funds_kind
    from with_project
    inner join project_purposes on with_project.purpose = project_purposes.purpose
    where
        with_project.place = 1
        and project_purposes.funds_kind in ('operating', 'boarder', 'special_needs')

),

matched as (

    select
        of_purpose.*,
        crosswalk.school_code,
        row_number() over (
            partition by
                of_purpose.district_code,
                of_purpose.period,
                of_purpose._file_id,
                of_purpose._sheet,
                of_purpose._row_number
            order by
                crosswalk.valid_from desc nulls last,
                crosswalk._file_id desc nulls last,
                crosswalk._row_number desc nulls last
        ) as match_place
    from of_purpose
    left join crosswalk
        on
            of_purpose.district_code = crosswalk.district_code
            and of_purpose.unit_code = crosswalk.id_value
            and crosswalk.id_kind = '预算单位编码'
            and (crosswalk.valid_from is null or of_purpose.paid_on >= crosswalk.valid_from)
            and (crosswalk.valid_to is null or of_purpose.paid_on <= crosswalk.valid_to)

)

select
    matched.district_code,
    matched.period,
    matched.year,
    matched.unit_code,
    library.school_code,
    matched.funds_kind,
    matched.stage,
    cast(matched.amount_yuan as decimal(38, 2)) as amount_yuan,
    matched._file_id,
    matched._sheet,
    matched._row_number
from matched
left join library
    on
        matched.district_code = library.district_code
        and matched.school_code = library.school_code
where matched.match_place = 1
