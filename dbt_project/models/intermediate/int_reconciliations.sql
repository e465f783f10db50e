-- One row per school or district in which two sources that tell one thing differ by more than the
-- seed reconciliations allows, and per fact that rests on either of them. Nobody knows which of the
-- two is right, so what rests on them is in doubt until an office mends one.
with

annual_forms as (

    select * from {{ ref('stg_schools__annual_forms') }}

),

students as (

    select * from {{ ref('stg_schools__students') }}

),

guards as (

    select * from {{ ref('stg_staffing__guards') }}

),

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}

),

meal_funds as (

    select * from {{ ref('int_meal_funds') }}

),

meal_payments as (

    select * from {{ ref('int_meal_payments') }}

),

security_payments as (

    select * from {{ ref('int_security_payments') }}

),

budget as (

    select * from {{ ref('int_budget') }}

),

payments as (

    select * from {{ ref('stg_finance__payments') }}

),

posts as (

    select * from {{ ref('int_posts') }}
    where left_out is null

),

staff as (

    select * from {{ ref('stg_staffing__staff') }}

),

kindergartens as (

    select * from {{ ref('int_kindergartens') }}
    where left_out is null

),

sources_in_force as (

    select * from {{ ref('int_sources_in_force') }}

),

reconciliations as (

    select * from {{ ref('reconciliations') }}

),

-- Forms hold the classes of the teaching points that a school manages.
census_classes as (

    select
        students.district_code,
        students.census_year as year,
        coalesce(schools_on_days.ledger_school_code, students.school_code) as school_code,
        students.stage,
        cast(
            count(
                distinct students.school_code || ' ' || cast(students.grade as string)
                || ' ' || cast(students.class_no as string)
            ) as decimal(38, 2)
        ) as classes,
        cast(count(*) as decimal(38, 2)) as pupils
    from students
    left join schools_on_days
        on
            students.district_code = schools_on_days.district_code
            and students.census_year = schools_on_days.year
            and students.school_code = schools_on_days.school_code
            and schools_on_days.day_kind = 'census'
    group by
        students.district_code,
        students.census_year,
        coalesce(schools_on_days.ledger_school_code, students.school_code),
        students.stage

),

form_classes as (

    select
        district_code,
        census_year as year,
        school_code,
        stage,
        cast(sum(classes) as decimal(38, 2)) as classes,
        cast(
            sum(
                26 * coalesce(classes_26_30, 0) + 31 * coalesce(classes_31_35, 0)
                + 36 * coalesce(classes_36_40, 0) + 41 * coalesce(classes_41_45, 0)
                + 46 * coalesce(classes_46_50, 0) + 51 * coalesce(classes_51_55, 0)
                + 56 * coalesce(classes_56_60, 0) + 61 * coalesce(classes_61_65, 0)
                + 66 * coalesce(classes_66_and_more, 0)
            ) as decimal(38, 2)
        ) as fewest_pupils,
        -- the last band has no end: such a class says how few there are, not how many
        cast(
            sum(
                25 * coalesce(classes_up_to_25, 0)
                + 30 * coalesce(classes_26_30, 0) + 35 * coalesce(classes_31_35, 0)
                + 40 * coalesce(classes_36_40, 0) + 45 * coalesce(classes_41_45, 0)
                + 50 * coalesce(classes_46_50, 0) + 55 * coalesce(classes_51_55, 0)
                + 60 * coalesce(classes_56_60, 0) + 65 * coalesce(classes_61_65, 0)
                + case when classes_66_and_more > 0 then 100000 else 0 end
            ) as decimal(38, 2)
        ) as most_pupils
    from annual_forms
    group by district_code, census_year, school_code, stage

),

census_in_force as (

    select
        district_code,
        year
    from sources_in_force
    where source = 'schools.students'

),

forms_and_census as (

    select
        form_classes.district_code,
        form_classes.year,
        form_classes.school_code,
        form_classes.stage,
        form_classes.classes as form_classes,
        form_classes.fewest_pupils,
        form_classes.most_pupils,
        coalesce(census_classes.classes, 0) as census_classes,
        coalesce(census_classes.pupils, 0) as pupils
    from form_classes
    inner join census_in_force
        on
            form_classes.district_code = census_in_force.district_code
            and form_classes.year = census_in_force.year
    left join census_classes
        on
            form_classes.district_code = census_classes.district_code
            and form_classes.year = census_classes.year
            and form_classes.school_code = census_classes.school_code
            and form_classes.stage = census_classes.stage

),

guard_fees as (

    select
        district_code,
        year,
        cast(sum(fee_yuan) as decimal(38, 2)) as fees_yuan
    from guards
    where
        contract_from <= make_date(year, 12, 31)
        and (contract_to is null or contract_to >= make_date(year, 12, 31))
    group by district_code, year

),

paid_for_meals as (

    select
        district_code,
        year,
        cast(sum(meals_paid_yuan) as decimal(38, 2)) as paid_yuan
    from meal_payments
    group by district_code, year

),

paid_for_security as (

    select
        district_code,
        year,
        cast(sum(security_paid_yuan) as decimal(38, 2)) as paid_yuan
    from security_payments
    group by district_code, year

),

payments_in_force as (

    select
        district_code,
        year
    from sources_in_force
    where source in ('finance.payments', 'finance.projects')
    group by district_code, year
    having count(*) = 2

),

issued as (

    select
        district_code,
        year,
        cast(sum(issued_yuan) as decimal(38, 2)) as issued_yuan
    from meal_funds
    group by district_code, year

),

budget_paid as (

    select
        district_code,
        year,
        cast(sum(paid_yuan) as decimal(38, 2)) as paid_yuan
    from budget
    group by district_code, year

),

paid_in_all as (

    select
        district_code,
        year,
        cast(sum(amount_yuan) as decimal(38, 2)) as paid_yuan
    from payments
    where not is_deleted
    group by district_code, year

),

-- Who has a post may be on leave, but is on the roster of the school.
staff_of_schools as (

    select
        district_code,
        year,
        school_code,
        cast(count(*) as decimal(38, 2)) as staff
    from staff
    where left_on is null or left_on >= make_date(year, 9, 1)
    group by district_code, year, school_code

),

staff_in_force as (

    select
        district_code,
        year
    from sources_in_force
    where source = 'staffing.staff'

),

children_of_census as (

    select
        district_code,
        census_year as year,
        school_code,
        cast(count(*) as decimal(38, 2)) as children
    from students
    where stage = '幼儿园'
    group by district_code, census_year, school_code

),

compared as (

    select
        'classes_of_forms' as reconciliation_id,
        district_code,
        year,
        school_code,
        stage as member,
        form_classes as left_value,
        census_classes as right_value
    from forms_and_census
    union all
    select
        'pupils_of_forms' as reconciliation_id,
        district_code,
        year,
        school_code,
        stage as member,
        least(greatest(pupils, fewest_pupils), most_pupils) as left_value,
        pupils as right_value
    from forms_and_census
    union all
    select
        'guard_fees' as reconciliation_id,
        guard_fees.district_code,
        guard_fees.year,
        cast(null as string) as school_code,
        cast(null as string) as member,
        guard_fees.fees_yuan as left_value,
        coalesce(paid_for_security.paid_yuan, 0) as right_value
    from guard_fees
    inner join payments_in_force
        on
            guard_fees.district_code = payments_in_force.district_code
            and guard_fees.year = payments_in_force.year
    left join paid_for_security
        on
            guard_fees.district_code = paid_for_security.district_code
            and guard_fees.year = paid_for_security.year
    union all
    select
        'meals_paid' as reconciliation_id,
        paid_for_meals.district_code,
        paid_for_meals.year,
        cast(null as string) as school_code,
        cast(null as string) as member,
        paid_for_meals.paid_yuan as left_value,
        issued.issued_yuan as right_value
    from paid_for_meals
    inner join issued
        on
            paid_for_meals.district_code = issued.district_code
            and paid_for_meals.year = issued.year

    union all
    select
        'budget_paid' as reconciliation_id,
        budget_paid.district_code,
        budget_paid.year,
        cast(null as string) as school_code,
        cast(null as string) as member,
        budget_paid.paid_yuan as left_value,
        paid_in_all.paid_yuan as right_value
    from budget_paid
    inner join paid_in_all
        on
            budget_paid.district_code = paid_in_all.district_code
            and budget_paid.year = paid_in_all.year
    union all
    select
        'posts_filled' as reconciliation_id,
        posts.district_code,
        posts.year,
        posts.school_code,
        cast(null as string) as member,
        cast(posts.posts_filled as decimal(38, 2)) as left_value,
        coalesce(staff_of_schools.staff, 0) as right_value
    from posts
    inner join staff_in_force
        on
            posts.district_code = staff_in_force.district_code
            and posts.year = staff_in_force.year
    left join staff_of_schools
        on
            posts.district_code = staff_of_schools.district_code
            and posts.year = staff_of_schools.year
            and posts.school_code = staff_of_schools.school_code
    union all
    select
        'children_of_kindergartens' as reconciliation_id,
        kindergartens.district_code,
        kindergartens.year,
        kindergartens.school_code,
        cast(null as string) as member,
        cast(kindergartens.children as decimal(38, 2)) as left_value,
        children_of_census.children as right_value
    from kindergartens
    inner join children_of_census
        on
            kindergartens.district_code = children_of_census.district_code
            and kindergartens.year = children_of_census.year
            and kindergartens.school_code = children_of_census.school_code

),

with_tolerance as (

    select
        compared.reconciliation_id,
        compared.district_code,
        compared.year,
        compared.school_code,
        compared.member,
        compared.left_value,
        compared.right_value,
        reconciliations.title_zh,
        reconciliations.comparison,
        cast(
            greatest(
                reconciliations.tolerance_units,
                reconciliations.tolerance_share
                * cast(greatest(compared.left_value, compared.right_value) as decimal(24, 2))
            ) as decimal(38, 4)
        ) as tolerance
    from compared
    inner join reconciliations
        on compared.reconciliation_id = reconciliations.reconciliation_id

),

differing as (

    select *
    from with_tolerance
    where
        (comparison = 'near' and abs(left_value - right_value) > tolerance)
        or (comparison = 'at_most' and left_value - right_value > tolerance)

),

resting_facts as (

    select
        column1 as reconciliation_id,
        column2 as source,
        column3 as period_kind,
        column4 as fact
    from (
        values
        ('classes_of_forms', 'schools.annual_forms', 'census_day', 'int_class_sizes'),
        ('classes_of_forms', 'schools.students', 'census_day', null),
        ('pupils_of_forms', 'schools.annual_forms', 'census_day', 'int_class_sizes'),
        ('pupils_of_forms', 'schools.students', 'census_day', null),
        ('guard_fees', 'staffing.guards', 'year_end', 'int_security_guards'),
        ('guard_fees', 'finance.payments', 'calendar_year', 'int_security_payments'),
        ('meals_paid', 'finance.fund_notices', 'calendar_year', 'int_meal_funds'),
        ('meals_paid', 'finance.payments', 'calendar_year', 'int_meal_payments'),
        ('budget_paid', 'finance.budget', 'calendar_year', 'int_budget'),
        ('budget_paid', 'finance.payments', 'calendar_year', null),
        ('posts_filled', 'staffing.posts', 'year_end', 'int_posts'),
        ('posts_filled', 'staffing.staff', 'census_day', null),
        ('children_of_kindergartens', 'registers.kindergartens', 'year_end', 'int_kindergartens')
    ) as resting_facts (column1, column2, column3, column4)

)

select
    differing.district_code,
    differing.reconciliation_id,
    resting_facts.source,
    case resting_facts.period_kind
        when 'census_day' then {{ period_of('census_day', 'differing.year') }}
        when 'year_end' then {{ period_of('year_end', 'differing.year') }}
        else {{ period_of('calendar_year', 'differing.year') }}
    end as period,
    cast(resting_facts.fact as string) as fact,
    differing.school_code as unit,
    differing.member,
    differing.left_value,
    differing.right_value,
    -- without the two values: what rests on them may be withheld
    differing.title_zh || '不符' || coalesce(':' || differing.school_code, '') as reason
from differing
inner join resting_facts on differing.reconciliation_id = resting_facts.reconciliation_id
