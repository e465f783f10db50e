-- One row per payment under a project that was open on the day of payment, with what its money is
-- for. Of two rows of a project that are open on one day the one that began later holds.
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

)

select
    with_project.district_code,
    with_project.period,
    with_project.year,
    with_project.paid_on,
    with_project.unit_code,
    project_purposes.funds_kind,
    with_project.stage,
    cast(with_project.amount_yuan as decimal(38, 2)) as amount_yuan,
    with_project._file_id,
    with_project._sheet,
    with_project._row_number
from with_project
inner join project_purposes on with_project.purpose = project_purposes.purpose
where with_project.place = 1
