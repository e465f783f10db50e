-- One row per payment of operating funds, with the school to which its unit code leads on the
-- day of payment; school_code is null where the crosswalk knows no such unit.
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

of_purpose as (

    select
        payments.district_code,
        payments.period,
        payments.year,
        payments.paid_on,
        payments.unit_code,
        project_purposes.funds_kind,
        projects.stage,
        payments.amount_yuan,
        payments._file_id,
        payments._sheet,
        payments._row_number,
        row_number() over (
            partition by payments._file_id, payments._sheet, payments._row_number
            order by projects.valid_from desc nulls last, projects._row_number desc nulls last
        ) as place
    from payments
    inner join projects
        on
            payments.district_code = projects.district_code
            and payments.project_code = projects.project_code
            and (projects.valid_from is null or projects.valid_from <= payments.paid_on)
            and (projects.valid_to is null or payments.paid_on <= projects.valid_to)
    inner join project_purposes on projects.purpose = project_purposes.purpose
    where
        not payments.is_deleted
        and project_purposes.funds_kind in ('operating', 'boarder', 'special_needs')

),

matched as (

    select
        of_purpose.*,
        crosswalk.school_code,
        row_number() over (
            partition by of_purpose._file_id, of_purpose._sheet, of_purpose._row_number
            order by crosswalk.valid_from desc nulls last, crosswalk._row_number desc nulls last
        ) as match_place
    from of_purpose
    left join crosswalk
        on
            of_purpose.district_code = crosswalk.district_code
            and of_purpose.unit_code = crosswalk.id_value
            and crosswalk.id_kind = '预算单位编码'
            and (crosswalk.valid_from is null or crosswalk.valid_from <= of_purpose.paid_on)
            and (crosswalk.valid_to is null or of_purpose.paid_on <= crosswalk.valid_to)
    where of_purpose.place = 1

)

select
    district_code,
    period,
    year,
    unit_code,
    school_code,
    funds_kind,
    stage,
    cast(amount_yuan as decimal(38, 2)) as amount_yuan,
    _file_id,
    _sheet,
    _row_number
from matched
where match_place = 1
