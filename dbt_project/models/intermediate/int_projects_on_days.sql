-- One row per project code and day on which a payment names it: what its money is for on that
-- day, and why that is in doubt. Two rows in force that say different things are a conflict:
-- neither is picked; rows that say the same are one.
with

payments as (

    select * from {{ ref('stg_finance__payments') }}

),

project_meanings as (

    select * from {{ ref('int_project_meanings') }}

),

named as (

    select distinct
        district_code,
        project_code,
        paid_on as on_day
    from payments
    where not is_deleted

),

found as (

    select
        named.district_code,
        named.project_code,
        named.on_day,
        project_meanings.funds_kind,
        project_meanings.stage,
        project_meanings.project_code is not null as is_known,
        project_meanings.project_code is not null
        and (project_meanings.valid_from is null or named.on_day >= project_meanings.valid_from)
        and (project_meanings.valid_to is null or named.on_day <= project_meanings.valid_to)
            as is_in_force
    from named
    left join project_meanings
        on
            named.district_code = project_meanings.district_code
            and named.project_code = project_meanings.project_code

),

counted as (

    select
        district_code,
        project_code,
        on_day,
        max(case when is_known then 1 else 0 end) as known_rows,
        sum(case when is_in_force then 1 else 0 end) as rows_in_force,
        sum(case when is_in_force and funds_kind is null then 1 else 0 end) as unknown_purposes,
        count(distinct case when is_in_force then funds_kind || ' ' || coalesce(stage, '') end)
            as meanings,
        min(case when is_in_force then funds_kind end) as funds_kind,
        min(case when is_in_force then stage end) as stage
    from found
    group by district_code, project_code, on_day

),

judged as (

    select
        *,
        case
            when project_code is null then '没有项目编码'
            when known_rows = 0 then '项目编码不在项目库中'
            when rows_in_force = 0 then '支付日期不在项目的有效期内'
            when unknown_purposes > 0 then '项目的用途类别不在约定的类别中'
            when meanings > 1 then '项目库中该项目当日有两行且用途或学段不同'
            when funds_kind = 'operating' and stage is null then '公用经费项目没有写明学段'
        end as doubt
    from counted

)

select
    district_code,
    project_code,
    on_day,
    case when doubt is null then funds_kind end as funds_kind,
    case when doubt is null then stage end as stage,
    rows_in_force > 0 as is_in_force,
    doubt
from judged
