-- One row per landed fund notice: what kind of funds it hands down, for which stage, and the school
-- to which its unit code leads on the day of the notice, with why it counts towards no school's
-- entitlement (公用经费 of the compulsory stages, the addition for boarders, special needs), if it
-- does not. A notice counts for the stage that it names; one for boarders or special needs that
-- names none, where all stages of the school are compulsory. A notice of the year in which its
-- school opened, ended or was merged counts whatever its day: the school's pupils do.
with

fund_notices as (

    select * from {{ ref('stg_finance__fund_notices') }}

),

project_purposes as (

    select * from {{ ref('project_purposes') }}

),

stages as (

    select * from {{ ref('stages') }}

),

units_on_days as (

    select * from {{ ref('int_units_on_days') }}

),

schools_in_years as (

    select * from {{ ref('int_schools_in_years') }}

),

ledgers as (

    select
        ledger_stages.*,
        stages.is_compulsory
    from {{ ref('int_ledger_stages') }} as ledger_stages
    inner join {{ ref('stages') }} as stages on ledger_stages.stage = stages.stage

),

kinds as (

    select
        fund_notices.*,
        project_purposes.funds_kind,
        stages.is_compulsory,
        units_on_days.school_code,
        units_on_days.type_group,
        case
            when not units_on_days.is_closed then units_on_days.is_public
            else schools_in_years.is_public
        end as is_public,
        case
            when units_on_days.district_code is null then '没有预算单位'
            when units_on_days.is_closed and schools_in_years.is_public is not null then null
            else units_on_days.doubt
        end as unit_doubt,
        case
            when units_on_days.is_closed then make_date(fund_notices.year, 1, 1)
            else fund_notices.issued_on
        end as counts_from,
        case
            when units_on_days.is_closed then make_date(fund_notices.year, 12, 31)
            else fund_notices.issued_on
        end as counts_to
    from fund_notices
    left join project_purposes on fund_notices.purpose = project_purposes.purpose
    left join stages on fund_notices.stage = stages.stage
    left join units_on_days
        on
            fund_notices.district_code = units_on_days.district_code
            and fund_notices.unit_code = units_on_days.unit_code
            and fund_notices.issued_on = units_on_days.on_day
    left join schools_in_years
        on
            units_on_days.district_code = schools_in_years.district_code
            and units_on_days.school_code = schools_in_years.school_code
            and fund_notices.year = schools_in_years.year

),

with_ledger as (

    select
        kinds.*,
        exists(
            select 1
            from ledgers
            where
                ledgers.district_code = kinds.district_code
                and ledgers.school_code = kinds.school_code
                and ledgers.stage = kinds.stage
                and (ledgers.valid_from is null or ledgers.valid_from <= kinds.counts_to)
                and (ledgers.valid_to is null or ledgers.valid_to >= kinds.counts_from)
        ) as runs_stage,
        exists(
            select 1
            from ledgers
            where
                ledgers.district_code = kinds.district_code
                and ledgers.school_code = kinds.school_code
                and not ledgers.is_compulsory
                and (ledgers.valid_from is null or ledgers.valid_from <= kinds.counts_to)
                and (ledgers.valid_to is null or ledgers.valid_to >= kinds.counts_from)
        ) as runs_other_stages
    from kinds

),

judged as (

    select
        *,
        case
            when funds_kind not in ('operating', 'boarder', 'special_needs')
                then '用途不是公用经费'
            when not is_compulsory and (runs_stage or unit_doubt is not null) then '不是义务教育学段'
            when unit_doubt is null and not is_public then '不是本区公办学校'
            when unit_doubt is null and type_group = 'other' then '不是学校'
        end as exclusion,
        case
            when funds_kind is null then '用途类别不在约定的类别中'
            when unit_doubt is not null then unit_doubt
            when stage is null and (funds_kind = 'operating' or runs_other_stages)
                then '没有写明学段'
            when stage <> '特殊教育' and not runs_stage then '该校不举办所填学段'
            when amount_yuan is null then '没有下达金额'
        end as doubt
    from with_ledger

)

select
    district_code,
    period,
    year,
    unit_code,
    school_code,
    funds_kind,
    level,
    stage,
    cast(amount_yuan as decimal(38, 2)) as amount_yuan,
    coalesce(exclusion, doubt) as left_out,
    exclusion is null and doubt is not null as is_in_doubt,
    _file_id,
    _sheet,
    _row_number
from judged
