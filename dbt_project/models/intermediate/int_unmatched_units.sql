-- One row per source row that cannot be matched to a school, or to one of which it is known whether
-- it is public, and fact that lost it thereby: it is listed and counts like a row in quarantine,
-- never a silent drop. The member says which values it may belong to: null is any.
with

payments_by_unit as (

    select * from {{ ref('int_payments_by_unit') }}

),

fund_notices_by_unit as (

    select * from {{ ref('int_fund_notices_by_unit') }}

),

enrolments as (

    select * from {{ ref('int_enrolments') }}

),

annual_forms as (

    select * from {{ ref('stg_schools__annual_forms') }}

),

staff as (

    select * from {{ ref('stg_staffing__staff') }}

),

staff_posts as (

    select * from {{ ref('staff_posts') }}

),

guards as (

    select * from {{ ref('stg_staffing__guards') }}

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
        ('finance.fund_notices', 'int_school_entitlements'),
        ('schools.students', 'int_student_months'),
        ('schools.students', 'int_funded_students'),
        ('schools.students', 'int_school_entitlements'),
        ('schools.annual_forms', 'int_class_sizes'),
        ('staffing.staff', 'int_staff_training'),
        ('staffing.guards', 'int_security_guards'),
        ('registers.counselling_rooms', 'int_counselling_rooms')
    ) as losing_facts (column1, column2)

),

unmatched as (

    select
        district_code,
        'finance.payments' as source,
        period,
        unit_code as unit,
        case funds_kind
            when 'special_needs' then '特殊教育'
            when 'boarder' then 'total'
            else stage
        end as member,
        amount_yuan as amount,
        _file_id,
        _sheet,
        _row_number
    from payments_by_unit
    where school_code is null
    union all
    select
        district_code,
        'finance.fund_notices' as source,
        period,
        unit_code as unit,
        cast(null as string) as member,
        amount_yuan as amount,
        _file_id,
        _sheet,
        _row_number
    from fund_notices_by_unit
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
        annual_forms.district_code,
        'schools.annual_forms' as source,
        annual_forms.period,
        annual_forms.school_code as unit,
        annual_forms.stage as member,
        cast(null as decimal(38, 2)) as amount,
        annual_forms._file_id,
        annual_forms._sheet,
        annual_forms._row_number
    from annual_forms
    where
        not exists (
            select 1
            from schools_on_days
            where
                schools_on_days.district_code = annual_forms.district_code
                and schools_on_days.year = annual_forms.census_year
                and schools_on_days.day_kind = 'census'
                and schools_on_days.school_code = annual_forms.school_code
        )
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
    inner join staff_posts on staff.post = staff_posts.post
    left join schools_on_days
        on
            staff.district_code = schools_on_days.district_code
            and staff.year = schools_on_days.year
            and staff.school_code = schools_on_days.school_code
            and schools_on_days.day_kind = 'census'
    where
        schools_on_days.is_public is null
        and staff_posts.is_teacher_or_principal
        and (staff.entered_on is null or staff.entered_on <= make_date(staff.year, 9, 1))
        and (staff.left_on is null or staff.left_on >= make_date(staff.year, 9, 1))
    union all
    select
        guards.district_code,
        'staffing.guards' as source,
        guards.period,
        guards.school_code as unit,
        cast(null as string) as member,
        cast(null as decimal(38, 2)) as amount,
        guards._file_id,
        guards._sheet,
        guards._row_number
    from guards
    where
        guards.contract_from <= make_date(guards.year, 12, 31)
        and (guards.contract_to is null or guards.contract_to >= make_date(guards.year, 12, 31))
        and not exists (
            select 1
            from schools_on_days
            where
                schools_on_days.district_code = guards.district_code
                and schools_on_days.year = guards.year
                and schools_on_days.day_kind = 'year_end'
                and schools_on_days.school_code = guards.school_code
        )
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
