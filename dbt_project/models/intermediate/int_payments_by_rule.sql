-- One row per landed payment, with the rule of the negative list that it breaks: what money of this
-- purpose must not be spent on.
with

entries as (

    select
        *,
        cast(substr(period, 1, 4) as int) as year
    from {{ source('finance', 'payments') }}

),

projects_on_days as (

    select * from {{ ref('int_projects_on_days') }}

),

payment_rules as (

    select * from {{ ref('payment_rules') }}

),

matched as (

    select
        entries.*,
        payment_rules.rule_id,
        case
            when entries.economic_code is null then null
            else payment_rules.rule_id is not null
        end as is_against_a_rule,
        case
            when entries.is_deleted then 'deleted'
            when projects_on_days.district_code is null or projects_on_days.doubt is not null
                then 'unknown project'
        end as left_out
    from entries
    left join projects_on_days
        on
            entries.district_code = projects_on_days.district_code
            and entries.project_code = projects_on_days.project_code
            and entries.paid_on = projects_on_days.on_day
            and not entries.is_deleted
    left join payment_rules
        on
            projects_on_days.funds_kind = payment_rules.funds_kind
            and substr(entries.economic_code, 1, 3) = payment_rules.economic_class

),

{{ counted_rows('finance.payments') }}
