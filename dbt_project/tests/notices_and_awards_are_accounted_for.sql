-- What: every landed fund notice is in its facts with its amount, or out of them for a named
--   reason: another purpose, no compulsory stage, unmatched unit (allocated funds); another
--   purpose (meal funds). Every landed award of student aid is counted once with its amount.
--   Nothing is in a fact that was not landed.
-- When it matters: a notice or an award that is lost or doubled on the way changes 5.8, 15.x and
--   16.x without a mark.
-- To resolve: look at the row (file, sheet, row) in the landed file; then at the join or filter
--   that was changed last in int_fund_notices_by_unit, int_meal_funds or int_student_aid.
with

notices as (

    select
        notices.district_code,
        cast(notices.period as int) as year,
        coalesce(purposes.funds_kind, 'other') as funds_kind,
        coalesce(notices.stage in ('普通小学', '普通初中', '特殊教育'), false) as is_compulsory,
        notices.amount_yuan,
        notices._file_id,
        notices._sheet,
        notices._row_number
    from {{ source('finance', 'fund_notices') }} as notices
    left join {{ ref('project_purposes') }} as purposes on notices.purpose = purposes.purpose

),

unmatched as (

    select
        district_code,
        cast(period as int) as year,
        _file_id,
        _sheet,
        _row_number
    from {{ ref('int_unmatched_units') }}
    where source = 'finance.fund_notices' and fact = 'int_school_entitlements'

),

allocated as (

    select
        'int_allocated_funds' as fact,
        coalesce(notices._file_id, facts._file_id) as file_id,
        coalesce(notices._sheet, facts._sheet) as sheet,
        coalesce(notices._row_number, facts._row_number) as row_number,
        notices._file_id is not null as is_landed,
        facts._file_id is not null as is_in_fact,
        facts.allocated_yuan as fact_amount,
        notices.amount_yuan as landed_amount,
        case
            when notices.funds_kind not in ('operating', 'boarder', 'special_needs')
                then 'another purpose'
            when notices.funds_kind = 'operating' and not notices.is_compulsory
                then 'no compulsory stage'
            when unmatched._file_id is not null then 'unmatched unit'
        end as reason
    from notices
    full join {{ ref('int_allocated_funds') }} as facts
        on
            notices.district_code = facts.district_code
            and notices.year = facts.year
            and notices._file_id = facts._file_id
            and notices._sheet = facts._sheet
            and notices._row_number = facts._row_number
    left join unmatched
        on
            notices.district_code = unmatched.district_code
            and notices.year = unmatched.year
            and notices._file_id = unmatched._file_id
            and notices._sheet = unmatched._sheet
            and notices._row_number = unmatched._row_number

),

meals as (

    select
        'int_meal_funds' as fact,
        coalesce(notices._file_id, facts._file_id) as file_id,
        coalesce(notices._sheet, facts._sheet) as sheet,
        coalesce(notices._row_number, facts._row_number) as row_number,
        notices._file_id is not null as is_landed,
        facts._file_id is not null as is_in_fact,
        facts.issued_yuan as fact_amount,
        notices.amount_yuan as landed_amount,
        case when notices.funds_kind <> 'meals' then 'another purpose' end as reason
    from notices
    full join {{ ref('int_meal_funds') }} as facts
        on
            notices.district_code = facts.district_code
            and notices.year = facts.year
            and notices._file_id = facts._file_id
            and notices._sheet = facts._sheet
            and notices._row_number = facts._row_number

),

awards as (

    select
        'int_student_aid' as fact,
        coalesce(landed._file_id, facts._file_id) as file_id,
        coalesce(landed._sheet, facts._sheet) as sheet,
        coalesce(landed._row_number, facts._row_number) as row_number,
        landed._file_id is not null as is_landed,
        coalesce(facts.awards = 1, false) as is_in_fact,
        facts.aid_yuan as fact_amount,
        landed.amount_yuan as landed_amount,
        cast(null as string) as reason
    from {{ source('finance', 'student_aid') }} as landed
    full join {{ ref('int_student_aid') }} as facts
        on
            landed.district_code = facts.district_code
            and cast(landed.period as int) = facts.year
            and landed._file_id = facts._file_id
            and landed._sheet = facts._sheet
            and landed._row_number = facts._row_number

),

all_facts as (

    select * from allocated
    union all
    select * from meals
    union all
    select * from awards

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
