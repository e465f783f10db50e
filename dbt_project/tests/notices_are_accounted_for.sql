-- What: every landed fund notice stands once, with its amount, in int_fund_notices_by_unit; it
--   is in a fact, or left out for a reason that the landed row shows, or listed in
--   int_unmatched_units. Nothing is in a fact that was not landed.
-- When it matters: a notice that is lost or doubled on the way changes 5.8 and 15.x without a mark.
-- To resolve: look at the row (file, sheet, row) in the landed file; then at the join or condition
--   that was changed last in int_fund_notices_by_unit or int_meal_funds.
with

notices as (

    select
        notices.district_code,
        notices.period,
        cast(notices.period as int) as year,
        coalesce(purposes.funds_kind, 'unknown') as funds_kind,
        coalesce(notices.stage, '') as stage,
        notices.unit_code,
        notices.amount_yuan,
        notices._file_id,
        notices._sheet,
        notices._row_number
    from {{ source('finance', 'fund_notices') }} as notices
    left join {{ ref('project_purposes') }} as purposes on notices.purpose = purposes.purpose

),

listed as (

    select distinct
        fact,
        district_code,
        period,
        _file_id,
        coalesce(_sheet, '') as sheet,
        _row_number
    from {{ ref('int_unmatched_units') }}

),

no_public_schools as (

    select distinct
        crosswalk.district_code,
        crosswalk.id_value as unit_code
    from {{ source('schools', 'crosswalk') }} as crosswalk
    inner join {{ source('schools', 'schools') }} as schools
        on
            crosswalk.district_code = schools.district_code
            and crosswalk.school_code = schools.school_code
    left join {{ ref('founders') }} as founders on schools.founder_code = founders.founder_code
    left join {{ ref('school_types') }} as types on schools.type_code = types.type_code
    where
        crosswalk.id_kind = '预算单位编码'
        and (not founders.is_public or types.type_group = 'other')

),

facts as (

    select
        'int_allocated_funds' as fact,
        'int_school_entitlements' as listed_as,
        district_code,
        year,
        allocated_yuan as amount_yuan,
        _file_id,
        _sheet,
        _row_number
    from {{ ref('int_allocated_funds') }}
    union all
    select
        'int_meal_funds' as fact,
        'int_meal_funds' as listed_as,
        district_code,
        year,
        issued_yuan as amount_yuan,
        _file_id,
        _sheet,
        _row_number
    from {{ ref('int_meal_funds') }}

),

kinds as (

    select
        column1 as fact,
        column2 as listed_as
    from (
        values
        ('int_allocated_funds', 'int_school_entitlements'),
        ('int_meal_funds', 'int_meal_funds')
    ) as kinds (column1, column2)

),

notices_by_fact as (

    select
        kinds.fact,
        notices._file_id as file_id,
        notices._sheet as sheet,
        notices._row_number as row_number,
        case
            when facts.amount_yuan <> notices.amount_yuan then 'another amount in the fact'
            when
                facts._file_id is not null
                and kinds.fact = 'int_meal_funds'
                and notices.funds_kind <> 'meals'
                then 'no meals, and in the fact'
            when
                facts._file_id is not null
                and kinds.fact = 'int_allocated_funds'
                and (
                    notices.funds_kind not in ('operating', 'boarder', 'special_needs')
                    or notices.stage not in ('', '普通小学', '普通初中', '特殊教育')
                    or (notices.funds_kind = 'operating' and notices.stage = '')
                )
                then 'no funds of a compulsory stage, and in the fact'
            when facts._file_id is not null or listed._file_id is not null then null
            when notices.funds_kind = 'unknown' then 'an unknown purpose, and not listed'
            when kinds.fact = 'int_meal_funds' and notices.funds_kind <> 'meals' then null
            when
                kinds.fact = 'int_allocated_funds'
                and notices.funds_kind not in ('operating', 'boarder', 'special_needs')
                then null
            when notices.stage not in ('', '普通小学', '普通初中', '特殊教育') then null
            when kinds.fact = 'int_allocated_funds' and no_public_schools.unit_code is not null
                then null
            else 'not in the fact, for no reason'
        end as rule
    from notices
    cross join kinds
    left join facts
        on
            kinds.fact = facts.fact
            and notices.district_code = facts.district_code
            and notices.year = facts.year
            and notices._file_id = facts._file_id
            and notices._sheet = facts._sheet
            and notices._row_number = facts._row_number
    left join listed
        on
            kinds.listed_as = listed.fact
            and notices.district_code = listed.district_code
            and notices.period = listed.period
            and notices._file_id = listed._file_id
            and coalesce(notices._sheet, '') = listed.sheet
            and notices._row_number = listed._row_number
    left join no_public_schools
        on
            notices.district_code = no_public_schools.district_code
            and notices.unit_code = no_public_schools.unit_code

),

invented as (

    select
        facts.fact,
        facts._file_id as file_id,
        facts._sheet as sheet,
        facts._row_number as row_number,
        'in the fact, but not landed' as rule
    from facts
    left join notices
        on
            facts.district_code = notices.district_code
            and facts.year = notices.year
            and facts._file_id = notices._file_id
            and facts._sheet = notices._sheet
            and facts._row_number = notices._row_number
    where notices._file_id is null

),

placed as (

    select
        'int_fund_notices_by_unit' as fact,
        coalesce(notices._file_id, placed._file_id) as file_id,
        coalesce(notices._sheet, placed._sheet) as sheet,
        coalesce(notices._row_number, placed._row_number) as row_number,
        case
            when notices._file_id is null then 'there, but not landed'
            when placed._file_id is null then 'landed, but not there'
            when coalesce(placed.amount_yuan <> notices.amount_yuan, false) then 'another amount'
        end as rule
    from notices
    full join {{ ref('int_fund_notices_by_unit') }} as placed
        on
            notices.district_code = placed.district_code
            and notices.year = placed.year
            and notices._file_id = placed._file_id
            and notices._sheet = placed._sheet
            and notices._row_number = placed._row_number

),

all_facts as (

    select * from notices_by_fact
    union all
    select * from invented
    union all
    select * from placed

)

select
    rule,
    fact,
    file_id,
    sheet,
    row_number
from all_facts
where rule is not null
