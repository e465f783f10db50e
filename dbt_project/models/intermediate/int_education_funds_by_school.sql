-- One row per landed row of the funding statistics: 教育事业费 + 基建经费 + 教育费附加, and why it is
-- left out: its institution is private, or in doubt, because the library does not know it, it was
-- not open in the year, or it keeps no ledger of that stage. 其他 is of institutions that run none.
with

education_funds as (

    select * from {{ ref('stg_finance__education_funds') }}

),

schools_in_years as (

    select * from {{ ref('int_schools_in_years') }}

),

ledger_stages as (

    select * from {{ ref('int_ledger_stages') }}

),

stages_in_years as (

    select distinct
        schools_in_years.district_code,
        schools_in_years.year,
        schools_in_years.school_code,
        ledger_stages.stage
    from schools_in_years
    inner join ledger_stages
        on
            schools_in_years.district_code = ledger_stages.district_code
            and schools_in_years.school_code = ledger_stages.school_code
            and (
                ledger_stages.valid_from is null
                or ledger_stages.valid_from <= make_date(schools_in_years.year, 12, 31)
            )
            and (
                ledger_stages.valid_to is null
                or ledger_stages.valid_to >= make_date(schools_in_years.year, 1, 1)
            )

),

placed as (

    select
        education_funds.*,
        schools_in_years.school_code is not null as is_known,
        schools_in_years.is_open,
        schools_in_years.is_public,
        exists (
            select 1
            from stages_in_years
            where
                stages_in_years.district_code = education_funds.district_code
                and stages_in_years.year = education_funds.year
                and stages_in_years.school_code = education_funds.school_code
                and stages_in_years.stage = education_funds.stage
        )
        or (
            education_funds.stage = '其他'
            and not exists (
                select 1
                from stages_in_years
                where
                    stages_in_years.district_code = education_funds.district_code
                    and stages_in_years.year = education_funds.year
                    and stages_in_years.school_code = education_funds.school_code
            )
        ) as runs_stage
    from education_funds
    left join schools_in_years
        on
            education_funds.district_code = schools_in_years.district_code
            and education_funds.year = schools_in_years.year
            and education_funds.school_code = schools_in_years.school_code

),

judged as (

    select
        *,
        case
            when not is_known then '学校不在学校代码库中'
            when not is_open then '学校当年不在办'
            when is_public is null then '学校的举办者不明或当年有变'
            when not is_public then '不是本区公办学校'
            when not runs_stage then '该校不举办所填学段'
        end as left_out
    from placed

)

select
    district_code,
    period,
    year,
    stage,
    school_code,
    cast(
        coalesce(staff_yuan, 0)
        + coalesce(operating_yuan, 0)
        + coalesce(construction_yuan, 0)
        + coalesce(surcharge_yuan, 0) as decimal(38, 2)
    ) as amount_yuan,
    left_out,
    left_out is not null and coalesce(is_public, true) as is_in_doubt,
    staff_yuan is null
    or operating_yuan is null
    or construction_yuan is null
    or surcharge_yuan is null as has_blank_amount,
    -- what the row may count for: of the wrong stage, any
    case when runs_stage or not coalesce(is_open, false) then stage end as member,
    _file_id,
    _sheet,
    _row_number
from judged
