-- What: every landed payment stands once, with its amount, in int_payments_by_function and in
--   int_payments_by_purpose; in each of them it is in a fact, or left out for a reason that the
--   landed row shows, or it is listed in int_unmatched_units for the fact that it may belong to.
--   Nothing is in a fact that was not landed.
-- When it matters: a payment that is lost or doubled on the way changes 4.9, 5.x, 15.5 and 22.2
--   without a mark.
-- To resolve: look at the row (file, sheet, row) in the landed file; then at the join or
--   condition that was changed last in the model that is named.
with

landed as (

    select
        district_code,
        period,
        coalesce(is_deleted, false) as is_deleted,
        coalesce(substr(function_code, 1, 3), '') as class_code,
        coalesce(funds_nature, '') as funds_nature,
        coalesce(project_code, '') as project_code,
        coalesce(unit_code, '') as unit_code,
        amount_yuan,
        _file_id,
        coalesce(_sheet, '') as sheet,
        _row_number
    from {{ source('finance', 'payments') }}

),

-- what the landed lists say of a project or unit on any day: enough to refute an exclusion
purposes as (

    select
        projects.district_code,
        projects.project_code,
        max(
            case
                when purposes.funds_kind in ('operating', 'boarder', 'special_needs') then 1 else 0
            end
        )
            as may_be_operating,
        max(case when purposes.funds_kind in ('aid', 'other') then 1 else 0 end) as may_be_other,
        max(case when purposes.funds_kind = 'meals' then 1 else 0 end) as may_be_meals,
        max(case when purposes.funds_kind = 'security' then 1 else 0 end) as may_be_security
    from {{ source('finance', 'projects') }} as projects
    inner join {{ ref('project_purposes') }} as purposes on projects.purpose = purposes.purpose
    group by projects.district_code, projects.project_code

),

no_public_schools as (

    select
        crosswalk.district_code,
        crosswalk.id_value as unit_code,
        max(case when not founders.is_public then 1 else 0 end) as is_private,
        max(case when not founders.is_public or types.type_group = 'other' then 1 else 0 end)
            as is_none,
        min(case when not founders.is_public then 1 else 0 end) as is_always_private,
        min(case when not founders.is_public or types.type_group = 'other' then 1 else 0 end)
            as is_always_none
    from {{ source('schools', 'crosswalk') }} as crosswalk
    inner join {{ source('schools', 'schools') }} as schools
        on
            crosswalk.district_code = schools.district_code
            and crosswalk.school_code = schools.school_code
    left join {{ ref('founders') }} as founders on schools.founder_code = founders.founder_code
    left join {{ ref('school_types') }} as types on schools.type_code = types.type_code
    where crosswalk.id_kind = '预算单位编码'
    group by crosswalk.district_code, crosswalk.id_value

),

-- what the list says of each way in which the kind of money is written
natures as (

    select
        landed.funds_nature,
        min(case when fund_natures.is_general_budget then 1 else 0 end) as is_general_budget
    from landed
    inner join {{ ref('fund_natures') }} as fund_natures
        on
            substr(landed.funds_nature, 1, length(fund_natures.begins_with))
            = fund_natures.begins_with
    group by landed.funds_nature

),

placed as (

    select
        'int_payments_by_function' as model,
        'int_education_payments' as fact,
        district_code,
        period,
        amount_yuan,
        left_out,
        is_in_doubt,
        _file_id,
        coalesce(_sheet, '') as sheet,
        _row_number
    from {{ ref('int_payments_by_function') }}
    union all
    select
        'int_payments_by_purpose' as model,
        case funds_kind
            when 'operating' then 'int_operating_funds'
            when 'special_needs' then 'int_operating_funds'
            when 'boarder' then 'int_boarder_funds'
            when 'meals' then 'int_meal_payments'
            when 'security' then 'int_security_payments'
        end as fact,
        district_code,
        period,
        amount_yuan,
        left_out,
        is_in_doubt,
        _file_id,
        coalesce(_sheet, '') as sheet,
        _row_number
    from {{ ref('int_payments_by_purpose') }}

),

by_unit as (

    select
        district_code,
        period,
        left_out,
        is_in_doubt,
        _file_id,
        coalesce(_sheet, '') as sheet,
        _row_number
    from {{ ref('int_payments_by_unit') }}

),

facts as (

    {%- for fact, measure in [
        ('int_education_payments', 'payments_yuan'), ('int_stage_payments', 'stage_payments_yuan'),
        ('int_operating_funds', 'operating_yuan'),
        ('int_boarder_funds', 'boarder_yuan'), ('int_meal_payments', 'meals_paid_yuan'),
        ('int_security_payments', 'security_paid_yuan'),
    ] %}
    {{ 'union all' if not loop.first }}
    select
        '{{ fact }}' as fact,
        district_code,
        cast(year as string) as period,
        {{ measure }} as amount_yuan,
        _file_id,
        coalesce(_sheet, '') as sheet,
        _row_number
    from {{ ref(fact) }}
    {%- endfor %}

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
    where source = 'finance.payments'

),

models as (

    select column1 as model
    from (values ('int_payments_by_function'), ('int_payments_by_purpose')) as models (column1)

),

accounts as (

    select
        models.model,
        coalesce(placed.fact, '') as fact,
        landed.district_code,
        landed.period,
        landed.is_deleted,
        landed.class_code,
        landed.funds_nature,
        landed.project_code,
        landed.unit_code,
        landed.amount_yuan,
        placed.amount_yuan as placed_yuan,
        placed._file_id is not null as is_placed,
        coalesce(placed.left_out, by_unit.left_out) as left_out,
        coalesce(placed.is_in_doubt, false) or coalesce(by_unit.is_in_doubt, false) as is_in_doubt,
        facts._file_id is not null as is_in_fact,
        facts.amount_yuan as fact_yuan,
        landed._file_id,
        landed.sheet,
        landed._row_number
    from landed
    cross join models
    left join placed
        on
            models.model = placed.model
            and landed.district_code = placed.district_code
            and landed.period = placed.period
            and landed._file_id = placed._file_id
            and landed.sheet = placed.sheet
            and landed._row_number = placed._row_number
    left join by_unit
        on
            models.model = 'int_payments_by_purpose'
            and landed.district_code = by_unit.district_code
            and landed.period = by_unit.period
            and landed._file_id = by_unit._file_id
            and landed.sheet = by_unit.sheet
            and landed._row_number = by_unit._row_number
    left join facts
        on
            placed.fact = facts.fact
            and landed.district_code = facts.district_code
            and landed.period = facts.period
            and landed._file_id = facts._file_id
            and landed.sheet = facts.sheet
            and landed._row_number = facts._row_number

),

listed_models as (

    select distinct
        case fact
            when 'int_education_payments' then 'int_payments_by_function'
            else 'int_payments_by_purpose'
        end as model,
        district_code,
        period,
        _file_id,
        sheet,
        _row_number
    from listed
    where fact <> 'int_stage_payments'

),

ruled as (

    select
        case
            when not accounts.is_placed then 'landed, but not there'
            when
                coalesce(accounts.placed_yuan <> accounts.amount_yuan, true)
                and accounts.amount_yuan is not null then 'another amount'
            when accounts.is_in_fact and accounts.fact_yuan <> accounts.amount_yuan
                then 'another amount in the fact'
            when accounts.is_in_fact and accounts.is_deleted then 'deleted, and in the fact'
            when accounts.is_in_fact and accounts.left_out is not null
                then 'in the fact, though ' || accounts.left_out
            when
                accounts.is_in_fact
                and accounts.fact in (
                    'int_education_payments', 'int_operating_funds', 'int_boarder_funds'
                )
                and coalesce(natures.is_general_budget, 0) = 0
                then 'not of the general budget, and in the fact'
            when
                accounts.is_in_fact
                and accounts.fact in ('int_operating_funds', 'int_boarder_funds')
                and no_public_schools.is_always_none = 1
                then 'to no public school, and in the fact'
            when accounts.is_in_fact then null
            when
                accounts.is_in_doubt
                and listed._file_id is null
                and not (accounts.model = 'int_payments_by_purpose' and purposes.may_be_other = 1)
                then 'in doubt, and not listed: ' || accounts.left_out
            when accounts.is_in_doubt then null
            when accounts.left_out = '已删除'
                then case when not accounts.is_deleted then 'not deleted, and left out as such' end
            when accounts.left_out = '不是205类支出'
                then
                    case
                        when
                            accounts.class_code in ('', '205')
                            then 'of class 205, and left out as none'
                    end
            when accounts.left_out = '资金性质不是一般公共预算'
                then
                    case
                        when
                            substr(accounts.funds_nature, 1, 2) = '11' or accounts.funds_nature = ''
                            then 'general budget, and left out as none'
                    end
            when accounts.left_out in ('不是本区公办学校', '不是学校')
                then
                    case
                        when
                            coalesce(no_public_schools.is_none, 0) = 0
                            then 'a public school, and left out'
                    end
            when accounts.left_out is not null then 'left out for an unknown reason'
            when accounts.fact = '' and purposes.may_be_other = 1 then null
            else 'not in the fact, for no reason'
        end as rule,
        accounts.model,
        accounts._file_id as file_id,
        accounts.sheet,
        accounts._row_number as row_number
    from accounts
    left join purposes
        on
            accounts.district_code = purposes.district_code
            and accounts.project_code = purposes.project_code
    left join no_public_schools
        on
            accounts.district_code = no_public_schools.district_code
            and accounts.unit_code = no_public_schools.unit_code
    left join natures on accounts.funds_nature = natures.funds_nature
    left join listed_models as listed
        on
            accounts.model = listed.model
            and accounts.district_code = listed.district_code
            and accounts.period = listed.period
            and accounts._file_id = listed._file_id
            and accounts.sheet = listed.sheet
            and accounts._row_number = listed._row_number

)

select
    rule,
    model,
    file_id,
    sheet,
    row_number
from ruled
where rule is not null
union all
select
    'in the fact, but not landed' as rule,
    facts.fact as model,
    facts._file_id as file_id,
    facts.sheet,
    facts._row_number as row_number
from facts
left join landed
    on
        facts.district_code = landed.district_code
        and facts.period = landed.period
        and facts._file_id = landed._file_id
        and facts.sheet = landed.sheet
        and facts._row_number = landed._row_number
where landed._file_id is null
union all
select
    'under another purpose than its project has' as rule,
    facts.fact as model,
    facts._file_id as file_id,
    facts.sheet,
    facts._row_number as row_number
from facts
inner join landed
    on
        facts.district_code = landed.district_code
        and facts.period = landed.period
        and facts._file_id = landed._file_id
        and facts.sheet = landed.sheet
        and facts._row_number = landed._row_number
left join purposes
    on
        landed.district_code = purposes.district_code
        and landed.project_code = purposes.project_code
where
    coalesce(
        case facts.fact
            when 'int_education_payments' then case when landed.class_code = '205' then 1 end
            when 'int_stage_payments' then case when landed.class_code = '205' then 1 end
            when 'int_meal_payments' then purposes.may_be_meals
            when 'int_security_payments' then purposes.may_be_security
            else purposes.may_be_operating
        end,
        0
    ) = 0
union all
select
    case
        when of_stage.stage_payments_yuan <> of_class.payments_yuan then 'another amount'
        when of_stage._file_id is not null then 'to a private unit, and in the fact'
        else 'of a stage and no private unit, and left out'
    end as rule,
    'int_stage_payments' as model,
    of_class._file_id as file_id,
    coalesce(of_class._sheet, '') as sheet,
    of_class._row_number as row_number
from {{ ref('int_education_payments') }} as of_class
inner join landed
    on
        of_class.district_code = landed.district_code
        and cast(of_class.year as string) = landed.period
        and of_class._file_id = landed._file_id
        and coalesce(of_class._sheet, '') = landed.sheet
        and of_class._row_number = landed._row_number
left join {{ ref('int_stage_payments') }} as of_stage
    on
        of_class.district_code = of_stage.district_code
        and of_class.year = of_stage.year
        and of_class._file_id = of_stage._file_id
        and coalesce(of_class._sheet, '') = coalesce(of_stage._sheet, '')
        and of_class._row_number = of_stage._row_number
left join listed
    on
        listed.fact = 'int_stage_payments'
        and landed.district_code = listed.district_code
        and landed.period = listed.period
        and landed._file_id = listed._file_id
        and landed.sheet = listed.sheet
        and landed._row_number = listed._row_number
left join no_public_schools
    on
        landed.district_code = no_public_schools.district_code
        and landed.unit_code = no_public_schools.unit_code
where
    of_class.stage is not null
    and (
        of_stage.stage_payments_yuan <> of_class.payments_yuan
        or (of_stage._file_id is not null and no_public_schools.is_always_private = 1)
        or (
            of_stage._file_id is null
            and listed._file_id is null
            and coalesce(no_public_schools.is_private, 0) = 0
        )
    )
