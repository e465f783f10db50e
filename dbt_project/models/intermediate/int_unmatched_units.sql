-- One row per source row that staging cannot match to a school and fact that lost it thereby: it
-- is listed and counts like a row in quarantine, never a silent drop.
with

payments_by_unit as (

    select * from {{ ref('int_payments_by_unit') }}

),

enrolments as (

    select * from {{ ref('int_enrolments') }}

),

staff as (

    select * from {{ ref('stg_staffing__staff') }}

),

counselling_rooms as (

    select * from {{ ref('stg_registers__counselling_rooms') }}

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
        ('finance.payments', 'int_operating_funds'),
        ('finance.payments', 'int_school_entitlements'),
        ('schools.students', 'int_student_months'),
        ('schools.students', 'int_funded_students'),
        ('schools.students', 'int_school_entitlements'),
        ('staffing.staff', 'int_staff_training'),
        ('registers.counselling_rooms', 'int_counselling_rooms')
    ) as losing_facts (column1, column2)

),

unmatched as (

    select
        district_code,
        'finance.payments' as source,
        period,
        unit_code as unit,
        case when funds_kind = 'special_needs' then '特殊教育' else stage end as member,
        amount_yuan as amount,
        _file_id,
        _sheet,
        _row_number
    from payments_by_unit
    where school_code is null
    union all
    select
        district_code,
        'schools.students' as source,
        period,
        school_code as unit,
        stage as member,
        cast(null as decimal(38, 2)) as amount,
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
        staff._file_id,
        staff._sheet,
        staff._row_number
    from staff
    where
        not exists (
            select 1
            from schools_on_days
            where
                schools_on_days.district_code = staff.district_code
                and schools_on_days.year = staff.year
                and schools_on_days.day_kind = 'census'
                and schools_on_days.school_code = staff.school_code
        )
        and (staff.left_on is null or staff.left_on >= make_date(staff.year, 9, 1))
    union all
    select
        counselling_rooms.district_code,
        'registers.counselling_rooms' as source,
        counselling_rooms.period,
        counselling_rooms.school_code as unit,
        cast(null as string) as member,
        cast(null as decimal(38, 2)) as amount,
        counselling_rooms._file_id,
        counselling_rooms._sheet,
        counselling_rooms._row_number
    from counselling_rooms
    where
        not exists (
            select 1
            from schools_on_days
            where
                schools_on_days.district_code = counselling_rooms.district_code
                and schools_on_days.year = counselling_rooms.year
                and schools_on_days.day_kind = 'year_end'
                and schools_on_days.school_code = counselling_rooms.school_code
        )

)

select
    unmatched.district_code,
    unmatched.source,
    unmatched.period,
    losing_facts.fact,
    unmatched.unit,
    unmatched.member,
    unmatched.amount,
    unmatched._file_id,
    unmatched._sheet,
    unmatched._row_number
from unmatched
inner join losing_facts on unmatched.source = losing_facts.source
