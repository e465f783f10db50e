-- One row per person and month of pay, with what a civil servant is paid a year for the same items;
-- whoever does not teach at a compulsory stage counts nowhere.
with

entries as (

    select
        *,
        cast(substr(period, 1, 4) as int) as year
    from {{ source('staffing', 'pay') }}

),

staff as (

    select
        *,
        cast(substr(period, 1, 4) as int) as year
    from {{ source('staffing', 'staff') }}

),

staff_posts as (

    select * from {{ ref('staff_posts') }}

),

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}
    where day_kind = 'census'

),

civil_servants as (

    select
        district_code,
        cast(substr(period, 1, 4) as int) as year,
        max(case when item = '基本工资' then average_yuan end) as base_yuan,
        max(case when item = '津贴补贴' then average_yuan end) as allowance_yuan,
        max(case when item = '奖金' then average_yuan end) as bonus_yuan
    from {{ source('finance', 'civil_servant_pay') }}
    group by district_code, cast(substr(period, 1, 4) as int)

),

matched as (

    select
        entries.*,
        cast(
            12 * (
                case when civil_servants.base_yuan is null then 0 else entries.base_yuan end
                + case
                    when civil_servants.allowance_yuan is null then 0
                    else entries.allowance_yuan
                end
                + case when civil_servants.bonus_yuan is null then 0 else entries.bonus_yuan end
            ) as decimal(38, 2)
        ) as pay_times_12,
        cast(
            coalesce(civil_servants.base_yuan, 0)
            + coalesce(civil_servants.allowance_yuan, 0)
            + coalesce(civil_servants.bonus_yuan, 0) as decimal(38, 2)
        ) as civil_servant_yuan,
        case
            when staff.staff_id is null then 'unmatched person'
            when schools_on_days.school_code is null or schools_on_days.is_public is null
                then 'unmatched school'
            when
                staff.stage in ('普通小学', '普通初中')
                and staff_posts.is_teacher_or_principal
                and schools_on_days.is_public
                then null
            else 'not a teacher of the compulsory stages'
        end as left_out
    from entries
    left join staff
        on
            entries.district_code = staff.district_code
            and entries.year = staff.year
            and entries.staff_id = staff.staff_id
    left join staff_posts on staff.post = staff_posts.post
    left join schools_on_days
        on
            staff.district_code = schools_on_days.district_code
            and staff.year = schools_on_days.year
            and staff.school_code = schools_on_days.school_code
    left join civil_servants
        on
            entries.district_code = civil_servants.district_code
            and entries.year = civil_servants.year

),

{{ counted_rows('staffing.pay') }}
