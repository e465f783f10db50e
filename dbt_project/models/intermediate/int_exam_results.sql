-- One row per school, year and result of the exams. Years that a number has risen without a break
-- stand in one row of the last year.
with

entries as (

    select
        *,
        cast(substr(period, 1, 4) as int) as year
    from {{ source('schools', 'exam_results') }}

),

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}
    where day_kind = 'year_end'

),

totals as (

    select
        district_code,
        year,
        exam_year,
        cast(sum(case when result = '中考A+1' then pupils end) as bigint) as best_grade,
        cast(sum(case when result = '中考A+' then pupils end) as bigint) as next_grade,
        cast(sum(case when result = '本科上线' then pupils end) as bigint) as passed,
        cast(sum(case when result = '一本上线' then pupils end) as bigint) as passed_well,
        cast(sum(case when result = '高考报名' then pupils end) as bigint) as candidates
    from entries
    where exam_year <= year
    group by district_code, year, exam_year

),

-- the last year that was not above the one before in both; a share is compared by its products
unbroken as (

    select
        totals.district_code,
        totals.year,
        max(
            case
                when
                    coalesce(
                        totals.best_grade > earlier.best_grade
                        and totals.next_grade > earlier.next_grade, false
                    )
                    then null
                else totals.exam_year
            end
        ) as grades_not_risen,
        max(
            case
                when
                    coalesce(
                        totals.passed * earlier.candidates > earlier.passed * totals.candidates
                        and totals.passed_well * earlier.candidates
                        > earlier.passed_well * totals.candidates, false
                    )
                    then null
                else totals.exam_year
            end
        ) as shares_not_risen
    from totals
    left join totals as earlier
        on
            totals.district_code = earlier.district_code
            and totals.year = earlier.year
            and totals.exam_year = earlier.exam_year + 1
    group by totals.district_code, totals.year

),

ranked as (

    select
        *,
        row_number() over (
            partition by district_code, year, exam_year, result
            order by
                _file_id nulls last,
                _sheet nulls last,
                _row_number nulls last
        ) = 1 as is_first_of_its_result
    from entries

),

matched as (

    select
        ranked.*,
        schools_on_days.is_rural as school_is_rural,
        nullif(schools_on_days.type_group, 'unknown') as school_type_group,
        schools_on_days.is_public as school_is_public,
        ranked.exam_year = ranked.year as is_of_the_year,
        ranked.exam_year = ranked.year and ranked.is_first_of_its_result as is_first_of_the_year,
        ranked.year - unbroken.grades_not_risen as years_grades_rose,
        ranked.year - unbroken.shares_not_risen as years_shares_rose,
        case
            when ranked.exam_year = ranked.year then ranked.pupils
            when ranked.exam_year = ranked.year - 1 then -ranked.pupils
            when ranked.pupils is not null then 0
        end as pupils_more,
        case
            when ranked.exam_year = ranked.year and schools_on_days.school_code is null
                then 'unmatched school'
        end as left_out
    from ranked
    left join schools_on_days
        on
            ranked.district_code = schools_on_days.district_code
            and ranked.year = schools_on_days.year
            and ranked.school_code = schools_on_days.school_code
    left join unbroken
        on
            ranked.district_code = unbroken.district_code
            and ranked.year = unbroken.year

),

{{ counted_rows('schools.exam_results') }}
