-- What: every landed payment is in the fact with its amount, or out of it for a named reason:
--   deleted, not class 205 (education payments); deleted, no matching project, another purpose
--   (meals and security; operating funds), unmatched unit (operating funds). Nothing is in a
--   fact that was not landed.
-- When it matters: a payment that is lost or doubled on the way changes 4.9, 5.x, 15.5 and 22.2
--   without a mark.
-- To resolve: look at the row (file, sheet, row) in the landed file; then at the join or
--   filter that was changed last in int_education_payments, int_payments_by_purpose or
--   int_payments_by_unit.
with

landed as (

    select
        district_code,
        cast(period as int) as year,
        coalesce(is_deleted, false) as is_deleted,
        coalesce(substr(function_code, 1, 3), '') = '205' as is_education,
        paid_on,
        project_code,
        amount_yuan,
        _file_id,
        _sheet,
        _row_number
    from {{ source('finance', 'payments') }}

),

projects as (

    select
        projects.district_code,
        projects.project_code,
        projects.valid_from,
        projects.valid_to,
        coalesce(purposes.funds_kind, 'other') as funds_kind
    from {{ source('finance', 'projects') }} as projects
    left join {{ ref('project_purposes') }} as purposes on projects.purpose = purposes.purpose

),

of_projects as (

    select
        landed.district_code,
        landed.year,
        landed._file_id,
        landed._sheet,
        landed._row_number,
        max(
            case
                when projects.funds_kind in ('operating', 'boarder', 'special_needs') then 0
                else 1
            end
        ) as may_not_be_operating,
        max(case when projects.funds_kind in ('meals', 'security') then 0 else 1 end)
            as may_not_be_earmarked
    from landed
    inner join projects
        on
            landed.district_code = projects.district_code
            and landed.project_code = projects.project_code
            and (projects.valid_from is null or landed.paid_on >= projects.valid_from)
            and (projects.valid_to is null or landed.paid_on <= projects.valid_to)
    where not landed.is_deleted
    group by
        landed.district_code, landed.year, landed._file_id, landed._sheet, landed._row_number

),

unmatched as (

    select distinct
        district_code,
        cast(period as int) as year,
        _file_id,
        _sheet,
        _row_number
    from {{ ref('int_unmatched_units') }}
    where fact = 'int_operating_funds'

),

education as (

    select
        'int_education_payments' as fact,
        coalesce(landed._file_id, facts._file_id) as file_id,
        coalesce(landed._sheet, facts._sheet) as sheet,
        coalesce(landed._row_number, facts._row_number) as row_number,
        landed._file_id is not null as is_landed,
        facts._file_id is not null as is_in_fact,
        facts.payments_yuan as fact_amount,
        landed.amount_yuan as landed_amount,
        case
            when landed.is_deleted then 'deleted'
            when not landed.is_education then 'not class 205'
        end as reason
    from landed
    full join {{ ref('int_education_payments') }} as facts
        on
            landed.district_code = facts.district_code
            and landed.year = facts.year
            and landed._file_id = facts._file_id
            and landed._sheet = facts._sheet
            and landed._row_number = facts._row_number

),

operating as (

    select
        'int_operating_funds' as fact,
        coalesce(landed._file_id, facts._file_id) as file_id,
        coalesce(landed._sheet, facts._sheet) as sheet,
        coalesce(landed._row_number, facts._row_number) as row_number,
        landed._file_id is not null as is_landed,
        facts._file_id is not null as is_in_fact,
        coalesce(facts.operating_yuan, facts.boarder_yuan) as fact_amount,
        landed.amount_yuan as landed_amount,
        case
            when landed.is_deleted then 'deleted'
            when of_projects._file_id is null then 'no matching project'
            when unmatched._file_id is not null then 'unmatched unit'
            when of_projects.may_not_be_operating = 1 and facts._file_id is null
                then 'another purpose'
        end as reason
    from landed
    full join {{ ref('int_operating_funds') }} as facts
        on
            landed.district_code = facts.district_code
            and landed.year = facts.year
            and landed._file_id = facts._file_id
            and landed._sheet = facts._sheet
            and landed._row_number = facts._row_number
    left join of_projects
        on
            landed.district_code = of_projects.district_code
            and landed.year = of_projects.year
            and landed._file_id = of_projects._file_id
            and landed._sheet = of_projects._sheet
            and landed._row_number = of_projects._row_number
    left join unmatched
        on
            landed.district_code = unmatched.district_code
            and landed.year = unmatched.year
            and landed._file_id = unmatched._file_id
            and landed._sheet = unmatched._sheet
            and landed._row_number = unmatched._row_number

),

earmarked as (

    select
        'int_earmarked_payments' as fact,
        coalesce(landed._file_id, facts._file_id) as file_id,
        coalesce(landed._sheet, facts._sheet) as sheet,
        coalesce(landed._row_number, facts._row_number) as row_number,
        landed._file_id is not null as is_landed,
        facts._file_id is not null as is_in_fact,
        coalesce(facts.meals_paid_yuan, facts.security_paid_yuan) as fact_amount,
        landed.amount_yuan as landed_amount,
        case
            when landed.is_deleted then 'deleted'
            when of_projects._file_id is null then 'no matching project'
            when of_projects.may_not_be_earmarked = 1 and facts._file_id is null
                then 'another purpose'
        end as reason
    from landed
    full join {{ ref('int_earmarked_payments') }} as facts
        on
            landed.district_code = facts.district_code
            and landed.year = facts.year
            and landed._file_id = facts._file_id
            and landed._sheet = facts._sheet
            and landed._row_number = facts._row_number
    left join of_projects
        on
            landed.district_code = of_projects.district_code
            and landed.year = of_projects.year
            and landed._file_id = of_projects._file_id
            and landed._sheet = of_projects._sheet
            and landed._row_number = of_projects._row_number

),

all_facts as (

    select * from education
    union all
    select * from operating
    union all
    select * from earmarked

)

select
    case
        when not is_landed then 'in the fact, but not landed'
        when not is_in_fact then 'not in the fact, for no reason'
        when reason is not null then 'in the fact, though ' || reason
        else 'another amount in the fact'
    end as rule,
    fact,
    file_id,
    sheet,
    row_number
from all_facts
where
    not is_landed
    or is_in_fact = (reason is not null)
    or (is_in_fact and coalesce(fact_amount <> landed_amount, fact_amount is not null))
