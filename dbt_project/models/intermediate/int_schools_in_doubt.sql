-- One row per row of the library of which something is not known that decides whether a fact counts
-- the school, and fact: its type or founder is on no list, two rows hold on one day, it holds on
-- none, its funds are owed to nobody, or it has pupils on a day on which no row holds. What is owed
-- a source by unit (pupils, forms) is in doubt where nothing came from the school.
with

districts as (

    select * from {{ source('landing', 'districts') }}

),

schools as (

    select * from {{ ref('stg_schools__schools') }}

),

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}

),

enrolments as (

    select * from {{ ref('int_enrolments') }}

),

annual_forms as (

    select * from {{ ref('stg_schools__annual_forms') }}

),

school_resources as (

    select * from {{ ref('int_school_resources') }}

),

school_entitlements as (

    select * from {{ ref('int_school_entitlements') }}

),

school_successors as (

    select * from {{ ref('int_school_successors') }}

),

funded_students as (

    select * from {{ ref('int_funded_students') }}

),

-- What is not known of a school of the library, on a day on which it is looked at.
days_in_doubt as (

    select
        schools_on_days.*,
        districts.evaluation_year is not null as is_in_evaluation_year,
        not exists (
            select 1
            from enrolments
            where
                enrolments.district_code = schools_on_days.district_code
                and enrolments.census_year = schools_on_days.year
                and enrolments.school_code = schools_on_days.school_code
        ) as is_without_pupils,
        not exists (
            select 1
            from annual_forms
            where
                annual_forms.district_code = schools_on_days.district_code
                and annual_forms.census_year = schools_on_days.year
                and annual_forms.school_code = schools_on_days.school_code
        ) as is_without_form,
        not exists (
            select 1
            from school_resources
            where
                school_resources.district_code = schools_on_days.district_code
                and school_resources.year = schools_on_days.year
                and school_resources.school_code = schools_on_days.school_code
        ) as is_without_resources,
        case
            when schools_on_days.has_two_rows then '同一学校标识码有两行同时有效'
            when schools_on_days.type_group = 'unknown' then '办学类型不在代码表中'
            else '举办者不在代码表中'
        end as reason
    from schools_on_days
    left join districts
        on
            schools_on_days.district_code = districts.district_code
            and schools_on_days.year = districts.evaluation_year
    where
        schools_on_days.has_two_rows
        or schools_on_days.type_group = 'unknown'
        or schools_on_days.is_public is null

),

-- Which facts may count such a school, and on which of the days.
facts_of_schools as (

    select
        column1 as fact,
        column2 as day_kind
    from (
        values
        ('int_primary_and_secondary_schools', 'year_end'),
        ('int_counselling_rooms', 'year_end'),
        ('int_security_guards', 'year_end'),
        ('int_school_entitlements', 'year_end'),
        ('int_class_sizes', 'census'),
        ('int_school_resources', 'census'),
        ('int_staff_training', 'census'),
        ('int_student_months', 'census'),
        ('int_funded_students', 'census')
    ) as facts_of_schools (column1, column2)

),

-- Who has pupils and is not open may be a school all the same: its code or its dates are wrong.
pupils_of_no_school as (

    select distinct
        enrolments.district_code,
        enrolments.school_code
    from enrolments
    inner join districts
        on
            enrolments.district_code = districts.district_code
            and enrolments.census_year = districts.evaluation_year
    where
        enrolments.stage in ('普通小学', '普通初中', '普通高中')
        and not exists (
            select 1
            from schools_on_days
            where
                schools_on_days.district_code = enrolments.district_code
                and schools_on_days.year = enrolments.census_year
                and schools_on_days.day_kind = 'census'
                and schools_on_days.school_code = enrolments.school_code
        )

),

-- Whose funds of a compulsory stage are owed to nobody who is open and public.
leading_nowhere as (

    select distinct
        school_entitlements.district_code,
        school_entitlements.year,
        funded_students.school_code
    from school_entitlements
    inner join districts
        on
            school_entitlements.district_code = districts.district_code
            and school_entitlements.year = districts.evaluation_year
    inner join funded_students
        on
            school_entitlements.district_code = funded_students.district_code
            and school_entitlements.year = funded_students.year
    left join school_successors
        on
            funded_students.district_code = school_successors.district_code
            and funded_students.year = school_successors.year
            and funded_students.ledger_school_code = school_successors.school_code
    where
        school_entitlements.is_in_doubt
        and school_entitlements.school_code
        = coalesce(school_successors.successor_code, funded_students.ledger_school_code)

),

library_in_doubt as (

    select
        days_in_doubt.district_code,
        facts_of_schools.fact,
        days_in_doubt.school_code as unit,
        days_in_doubt.reason,
        days_in_doubt._file_id,
        days_in_doubt._sheet,
        days_in_doubt._row_number
    from days_in_doubt
    inner join facts_of_schools on days_in_doubt.day_kind = facts_of_schools.day_kind
    where
        case facts_of_schools.fact
            when 'int_primary_and_secondary_schools'
                then
                    days_in_doubt.is_in_evaluation_year
                    and (days_in_doubt.has_two_rows or days_in_doubt.type_group = 'unknown')
            when 'int_school_entitlements'
                then days_in_doubt.is_in_evaluation_year and coalesce(days_in_doubt.is_public, true)
            when 'int_staff_training'
                then
                    days_in_doubt.is_in_evaluation_year
                    and coalesce(days_in_doubt.is_public, true)
                    and (
                        days_in_doubt.is_public is null
                        or days_in_doubt.type_group = 'unknown'
                    )
            when 'int_class_sizes'
                then
                    days_in_doubt.is_in_evaluation_year
                    and days_in_doubt.type_group = 'unknown'
                    and days_in_doubt.is_without_form
            when 'int_school_resources'
                then
                    days_in_doubt.is_in_evaluation_year
                    and days_in_doubt.type_group = 'unknown'
                    and days_in_doubt.is_without_resources
            when 'int_student_months'
                then
                    coalesce(days_in_doubt.is_public, true)
                    and days_in_doubt.is_without_pupils
                    and (
                        days_in_doubt.is_public is null
                        or days_in_doubt.type_group = 'unknown'
                    )
            when 'int_funded_students'
                then
                    coalesce(days_in_doubt.is_public, true)
                    and days_in_doubt.is_without_pupils
                    and (
                        days_in_doubt.is_public is null
                        or days_in_doubt.type_group = 'unknown'
                    )
            else days_in_doubt.is_in_evaluation_year and days_in_doubt.type_group = 'unknown'
        end
    union all
    -- a row that holds on no day, for its dates are not known
    select
        schools.district_code,
        facts_of_schools.fact,
        schools.school_code as unit,
        '有效期起空白或晚于有效期止' as reason,
        schools._file_id,
        schools._sheet,
        schools._row_number
    from schools
    cross join facts_of_schools
    where schools.valid_from is null or schools.valid_to < schools.valid_from
    union all
    select
        pupils_of_no_school.district_code,
        'int_primary_and_secondary_schools' as fact,
        pupils_of_no_school.school_code as unit,
        '有在校学生,而学校代码库中没有当日在办的该校' as reason,
        schools._file_id,
        schools._sheet,
        schools._row_number
    from pupils_of_no_school
    left join schools
        on
            pupils_of_no_school.district_code = schools.district_code
            and pupils_of_no_school.school_code = schools.school_code
    union all
    select
        leading_nowhere.district_code,
        'int_school_entitlements' as fact,
        leading_nowhere.school_code as unit,
        case
            when schools_on_days.type_group in ('teaching_point', 'attached_class')
                then '主管学校空白,或不是在办的公办学校'
            else '撤并后没有在办的公办学校承接'
        end as reason,
        schools_on_days._file_id,
        schools_on_days._sheet,
        schools_on_days._row_number
    from leading_nowhere
    inner join schools_on_days
        on
            leading_nowhere.district_code = schools_on_days.district_code
            and schools_on_days.year in (leading_nowhere.year - 1, leading_nowhere.year)
            and schools_on_days.day_kind = 'census'
            and leading_nowhere.school_code = schools_on_days.school_code

)

select
    district_code,
    fact,
    min(unit) as unit,
    min(reason) as reason,
    _file_id,
    _sheet,
    _row_number
from library_in_doubt
group by district_code, fact, _file_id, _sheet, _row_number
