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

register_rows as (

    select * from {{ ref('int_register_rows') }}
    where measure is null

),

losing_facts as (

    select
        column1 as source,
        column2 as fact
    from (
        values
        ('schools.students', 'int_student_months'),
        ('schools.students', 'int_funded_students'),
        ('schools.students', 'int_school_entitlements')
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
        {{ quoted(fact.get('doubted', fact.name)) }} as fact,
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
