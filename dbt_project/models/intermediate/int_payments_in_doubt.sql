-- One row per payment of which nobody knows whether it counts, fact that it may belong to and
-- member of it (null is any), with the reason. What is known of the payment narrows it down: the
-- meanings that its project may have, the stages of the school, a unit or a kind of money that is
-- none of operating funds.
with

payments_by_function as (

    select * from {{ ref('int_payments_by_function') }}
    where is_in_doubt

),

payments_to_stages as (

    select * from {{ ref('int_payments_to_stages') }}
    where is_in_doubt

),

payments_by_purpose as (

    select * from {{ ref('int_payments_by_purpose') }}
    where is_in_doubt

),

-- of which the purpose is known, and the amount is not
without_amount as (

    select * from {{ ref('int_payments_by_purpose') }}
    where left_out is null and amount_yuan is null and funds_kind in ('meals', 'security')

),

payments_by_unit as (

    select * from {{ ref('int_payments_by_unit') }}
    where is_in_doubt

),

project_meanings as (

    select * from {{ ref('int_project_meanings') }}

),

projects_on_days as (

    select * from {{ ref('int_projects_on_days') }}

),

units_on_days as (

    select * from {{ ref('int_units_on_days') }}

),

natures as (

    select * from {{ ref('int_natures_of_payments') }}

),

ledger_stages as (

    select * from {{ ref('int_ledger_stages') }}

),

facts_of_kinds as (

    select
        column1 as funds_kind,
        column2 as fact
    from (
        values
        ('operating', 'int_operating_funds'),
        ('special_needs', 'int_operating_funds'),
        ('boarder', 'int_boarder_funds'),
        ('meals', 'int_meal_payments'),
        ('security', 'int_security_payments')
    ) as facts_of_kinds (column1, column2)

),

-- what a project code may mean on a day: of two rows in force each, of an old one what it meant
possible_of_projects as (

    select distinct
        projects_on_days.district_code,
        projects_on_days.project_code,
        projects_on_days.on_day,
        project_meanings.funds_kind,
        project_meanings.stage
    from projects_on_days
    inner join project_meanings
        on
            projects_on_days.district_code = project_meanings.district_code
            and projects_on_days.project_code = project_meanings.project_code
    where
        projects_on_days.doubt is not null
        and (
            not projects_on_days.is_in_force
            or (
                (
                    project_meanings.valid_from is null
                    or project_meanings.valid_from <= projects_on_days.on_day
                )
                and (
                    project_meanings.valid_to is null
                    or project_meanings.valid_to >= projects_on_days.on_day
                )
            )
        )

),

-- a code that no row knows, or a purpose that no list knows, may mean each of the kinds
possible_of_payments as (

    select
        payments_by_purpose.*,
        facts_of_kinds.funds_kind as possible_kind,
        facts_of_kinds.fact,
        possible.stage as possible_stage
    from payments_by_purpose
    left join possible_of_projects as possible
        on
            payments_by_purpose.district_code = possible.district_code
            and payments_by_purpose.project_code = possible.project_code
            and payments_by_purpose.paid_on = possible.on_day
    inner join facts_of_kinds
        on coalesce(possible.funds_kind, facts_of_kinds.funds_kind) = facts_of_kinds.funds_kind

),

of_projects as (

    select
        possible.district_code,
        possible.period,
        possible.unit_code,
        possible.fact,
        case
            when possible.possible_kind = 'special_needs' then '特殊教育'
            when possible.possible_kind = 'operating'
                then coalesce(possible.possible_stage, ledger_stages.stage)
        end as member,
        possible.amount_yuan,
        possible.left_out,
        possible._file_id,
        possible._sheet,
        possible._row_number
    from possible_of_payments as possible
    left join units_on_days
        on
            possible.district_code = units_on_days.district_code
            and possible.unit_code = units_on_days.unit_code
            and possible.paid_on = units_on_days.on_day
    left join natures on possible.funds_nature = natures.funds_nature
    left join ledger_stages
        on
            possible.possible_kind = 'operating'
            and possible.possible_stage is null
            and units_on_days.doubt is null
            and possible.district_code = ledger_stages.district_code
            and units_on_days.school_code = ledger_stages.school_code
            and (ledger_stages.valid_from is null or ledger_stages.valid_from <= possible.paid_on)
            and (ledger_stages.valid_to is null or ledger_stages.valid_to >= possible.paid_on)
    where
        possible.possible_kind in ('meals', 'security')
        or (
            coalesce(natures.is_general_budget, true)
            and (
                units_on_days.district_code is null
                or units_on_days.doubt is not null
                or (units_on_days.is_public and units_on_days.type_group <> 'other')
            )
        )

),

all_doubts as (

    select
        district_code,
        period,
        cast(null as string) as unit_code,
        'int_education_payments' as fact,
        member,
        amount_yuan,
        left_out,
        _file_id,
        _sheet,
        _row_number
    from payments_by_function
    union all
    select
        district_code,
        period,
        unit_code,
        'int_stage_payments' as fact,
        member,
        amount_yuan,
        left_out,
        _file_id,
        _sheet,
        _row_number
    from payments_by_function
    where coalesce(member, 'any') <> 'total'
    union all
    select
        district_code,
        period,
        unit_code,
        'int_stage_payments' as fact,
        stage as member,
        amount_yuan,
        left_out,
        _file_id,
        _sheet,
        _row_number
    from payments_to_stages
    union all
    select * from of_projects
    union all
    select
        payments_by_unit.district_code,
        payments_by_unit.period,
        payments_by_unit.unit_code,
        facts_of_kinds.fact,
        payments_by_unit.member,
        payments_by_unit.amount_yuan,
        payments_by_unit.left_out,
        payments_by_unit._file_id,
        payments_by_unit._sheet,
        payments_by_unit._row_number
    from payments_by_unit
    inner join facts_of_kinds on payments_by_unit.funds_kind = facts_of_kinds.funds_kind
    union all
    select
        without_amount.district_code,
        without_amount.period,
        without_amount.unit_code,
        facts_of_kinds.fact,
        cast(null as string) as member,
        without_amount.amount_yuan,
        '没有支付金额' as left_out,
        without_amount._file_id,
        without_amount._sheet,
        without_amount._row_number
    from without_amount
    inner join facts_of_kinds on without_amount.funds_kind = facts_of_kinds.funds_kind

)

select distinct
    district_code,
    period,
    fact,
    unit_code,
    member,
    amount_yuan,
    left_out,
    _file_id,
    _sheet,
    _row_number
from all_doubts
