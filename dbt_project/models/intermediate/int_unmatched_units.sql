-- One row per source row of which it is not known whether it counts, and fact that lost it thereby,
-- or counted it in doubt: its school, person or code is not known, or a cell that decides is empty.
-- It is listed with the reason and counts like a row in quarantine, never a silent drop. The member
-- says which values it may belong to: null is any.
{%- set facts = facts_that_keep_rows() + [
    {'name': 'int_pupils_compared', 'rows': ref('int_pupils_compared'), 'source': 'schools.students',
     'member': 'stage', 'amount': none},
] %}
with

finance_in_doubt as (

    select * from {{ ref('int_finance_in_doubt') }}

),

schools_in_doubt as (

    select * from {{ ref('int_schools_in_doubt') }}

),

enrolments as (

    select * from {{ ref('int_enrolments') }}

),

staff as (

    select * from {{ ref('stg_staffing__staff') }}

),

staff_posts as (

    select * from {{ ref('staff_posts') }}

),

trainings as (

    select * from {{ ref('stg_staffing__trainings') }}

),

register_rows as (

    select * from {{ ref('int_register_rows') }}
    where indicator_id is null

),

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}

),

losing_facts as (

    select
        column1 as source,
        column2 as fact
    from (
        values
        ('schools.students', 'int_student_months'),
        ('schools.students', 'int_funded_students'),
        ('schools.students', 'int_school_entitlements'),
        ('staffing.staff', 'int_staff_training'),
        ('staffing.trainings', 'int_staff_training')
    ) as losing_facts (column1, column2)

),

unmatched as (

    select
        district_code,
        'schools.students' as source,
        period,
        school_code as unit,
        stage as member,
        cast(null as decimal(38, 2)) as amount,
        '学校代码库中没有当日在办的该校,或不知道它是否公办' as reason,
        _file_id,
        _sheet,
        _row_number
    from enrolments
    where is_public is null
    union all
    select
        staff.district_code,
        'staffing.staff' as source,
        staff.period,
        staff.school_code as unit,
        staff.stage as member,
        cast(null as decimal(38, 2)) as amount,
        case
            when schools_on_days.is_public is null
                then '学校代码库中没有当日在办的该校,或不知道它是否公办'
            when staff_posts.post is null then '岗位类别不在代码表中'
            when schools_on_days.type_group = 'unknown' then '学校的办学类型不明'
            else '入职日期空白或晚于离职日期'
        end as reason,
        staff._file_id,
        staff._sheet,
        staff._row_number
    from staff
    left join staff_posts on staff.post = staff_posts.post
    left join schools_on_days
        on
            staff.district_code = schools_on_days.district_code
            and staff.year = schools_on_days.year
            and staff.school_code = schools_on_days.school_code
            and schools_on_days.day_kind = 'census'
    where
        -- it may count: nothing that is known excludes it
        coalesce(staff_posts.is_teacher_or_principal, true)
        and coalesce(schools_on_days.is_public, true)
        and coalesce(schools_on_days.type_group, 'unknown') <> 'other'
        and (
            staff.left_on < staff.entered_on
            or (
                (staff.entered_on is null or staff.entered_on <= make_date(staff.year, 9, 1))
                and (staff.left_on is null or staff.left_on >= make_date(staff.year, 9, 1))
            )
        )
        and (
            staff_posts.post is null
            or schools_on_days.is_public is null
            or schools_on_days.type_group = 'unknown'
            or staff.entered_on is null
            or staff.left_on < staff.entered_on
        )
    union all
    select
        trainings.district_code,
        'staffing.trainings' as source,
        trainings.period,
        cast(null as string) as unit,
        cast(null as string) as member,
        cast(null as decimal(38, 2)) as amount,
        case
            when trainings.trained_on is null then '培训日期空白'
            when trainings.hours is null then '学时空白'
            else '教职工名册中没有这个工号'
        end as reason,
        trainings._file_id,
        trainings._sheet,
        trainings._row_number
    from trainings
    left join staff
        on
            trainings.district_code = staff.district_code
            and trainings.year = staff.year
            and trainings.staff_id = staff.staff_id
    where
        coalesce(trainings.trained_on, make_date(trainings.year, 12, 31))
        between make_date(trainings.first_year, 1, 1) and make_date(trainings.year, 12, 31)
        and (staff.staff_id is null or trainings.trained_on is null or trainings.hours is null)

),

facts_of_part as (

    select column1 as fact
    from (values ('int_funded_students'), ('int_school_entitlements')) as facts (column1)

),

-- Whether a pupil boards or has special needs changes what is owed, not how many pupils there are.
pupils_in_part as (

    select
        enrolments.district_code,
        'schools.students' as source,
        enrolments.period,
        facts_of_part.fact,
        enrolments.school_code as unit,
        enrolments.stage as member,
        '就读方式或是否特殊教育学生空白' as reason,
        enrolments._file_id,
        enrolments._sheet,
        enrolments._row_number
    from enrolments
    cross join facts_of_part
    where
        enrolments.is_public
        and enrolments.is_in_doubt
        and enrolments.stage in ('普通小学', '普通初中', '特殊教育')

),

unmatched_by_fact as (

    select
        unmatched.district_code,
        unmatched.source,
        unmatched.period,
        losing_facts.fact,
        unmatched.unit,
        unmatched.member,
        unmatched.amount,
        unmatched.reason,
        unmatched._file_id,
        unmatched._sheet,
        unmatched._row_number
    from unmatched
    inner join losing_facts on unmatched.source = losing_facts.source
    union all
    select
        district_code,
        source,
        period,
        fact,
        unit,
        member,
        cast(null as decimal(38, 2)) as amount,
        reason,
        _file_id,
        _sheet,
        _row_number
    from pupils_in_part
    union all
    select
        district_code,
        'schools.schools' as source,
        'standing' as period,
        fact,
        unit,
        cast(null as string) as member,
        cast(null as decimal(38, 2)) as amount,
        reason,
        _file_id,
        _sheet,
        _row_number
    from schools_in_doubt
    {%- for fact in facts %}
    union all
    select
        district_code,
        {{ quoted(fact.source) }} as source,
        period,
        {{ quoted(fact.name) }} as fact,
        school_code as unit,
        {{ fact.member or 'cast(null as string)' }} as member,
        cast({{ fact.amount or 'null' }} as decimal(38, 2)) as amount,
        {{ reason_of_doubt() }} as reason,
        _file_id,
        _sheet,
        _row_number
    from {{ fact.rows }}
    where {{ reason_of_doubt() }} is not null
    {%- endfor %}
    union all
    select
        district_code,
        source,
        period,
        fact,
        unit,
        member,
        amount,
        reason,
        _file_id,
        _sheet,
        _row_number
    from finance_in_doubt
    union all
    select
        district_code,
        source,
        period,
        fact,
        unit,
        cast(null as string) as member,
        cast(null as decimal(38, 2)) as amount,
        reason,
        _file_id,
        _sheet,
        _row_number
    from register_rows

)

select
    district_code,
    source,
    period,
    fact,
    unit,
    member,
    amount,
    reason,
    _file_id,
    _sheet,
    _row_number
from unmatched_by_fact
