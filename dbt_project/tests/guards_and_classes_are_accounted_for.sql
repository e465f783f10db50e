-- What: every landed contract of a guard is in int_security_guards, or out of it for a named
--   reason: in doubt, not on contract on the last day of the year, at no school; and the persons
--   counted are those of the landed contracts, each once. Every landed row of a class-size form is
--   in int_class_sizes with its classes, or its school is unmatched.
-- When it matters: 14.3 and 22.1 count classes and people; one that is lost or doubled passes
--   unnoticed.
-- To resolve: look at the row in the landed file; then at the last change in int_security_guards
--   or int_class_sizes.
with

guards as (

    select
        district_code,
        cast(substr(period, 1, 4) as int) as year,
        school_code,
        guard_id,
        contract_from,
        contract_to,
        _file_id,
        _sheet,
        _row_number
    from {{ source('staffing', 'guards') }}

),

forms as (

    select
        district_code,
        cast(substr(period, 1, 4) as int) as year,
        stage,
        classes,
        coalesce(classes_56_60, 0) + coalesce(classes_61_65, 0) as classes_56_65,
        coalesce(classes_66_and_more, 0) as classes_66_and_more,
        _file_id,
        _sheet,
        _row_number
    from {{ source('schools', 'annual_forms') }}

),

unmatched as (

    select
        district_code,
        -- the library's own rows are of no year
        case when period <> 'standing' then cast(substr(period, 1, 4) as int) end as year,
        fact,
        _file_id,
        _sheet,
        _row_number
    from {{ ref('int_unmatched_units') }}

),

-- what the library says of the guard's school on the last day of the year
library as (

    select
        guards.year,
        guards._file_id,
        guards._sheet,
        guards._row_number,
        max(case when types.type_group in ('higher', 'other') then 1 else 0 end) as is_no_school
    from guards
    inner join {{ source('schools', 'schools') }} as schools
        on
            guards.district_code = schools.district_code
            and guards.school_code = schools.school_code
            and make_date(guards.year, 12, 31) >= schools.valid_from
            and (schools.valid_to is null or make_date(guards.year, 12, 31) <= schools.valid_to)
    left join {{ ref('school_types') }} as types on schools.type_code = types.type_code
    group by guards.year, guards._file_id, guards._sheet, guards._row_number

),

guards_with_reason as (

    select
        'int_security_guards' as fact,
        coalesce(guards._file_id, facts._file_id) as file_id,
        coalesce(guards._sheet, facts._sheet) as sheet,
        coalesce(guards._row_number, facts._row_number) as row_number,
        guards._file_id is not null as is_landed,
        facts._file_id is not null as is_in_fact,
        facts.contracts = 1 as is_same,
        case
            when unmatched._file_id is not null then 'in doubt'
            when
                guards.contract_from > make_date(guards.year, 12, 31)
                or guards.contract_to < make_date(guards.year, 12, 31)
                then 'not on contract on the last day'
            when library.is_no_school = 1 then 'at no school'
        end as reason
    from guards
    full join {{ ref('int_security_guards') }} as facts
        on
            guards.district_code = facts.district_code
            and guards.year = facts.year
            and guards._file_id = facts._file_id
            and guards._sheet = facts._sheet
            and guards._row_number = facts._row_number
    left join library
        on
            guards.year = library.year
            and guards._file_id = library._file_id
            and guards._sheet = library._sheet
            and guards._row_number = library._row_number
    left join unmatched
        on
            guards.district_code = unmatched.district_code
            and guards.year = unmatched.year
            and guards._file_id = unmatched._file_id
            and guards._sheet = unmatched._sheet
            and guards._row_number = unmatched._row_number
            and unmatched.fact = 'int_security_guards'

),

persons_landed as (

    select
        guards.district_code,
        guards.year,
        cast(count(distinct guards.guard_id) as bigint) as persons
    from guards
    inner join library
        on
            guards.year = library.year
            and guards._file_id = library._file_id
            and guards._sheet = library._sheet
            and guards._row_number = library._row_number
    left join unmatched
        on
            guards.district_code = unmatched.district_code
            and guards.year = unmatched.year
            and guards._file_id = unmatched._file_id
            and guards._sheet = unmatched._sheet
            and guards._row_number = unmatched._row_number
            and unmatched.fact = 'int_security_guards'
    where
        unmatched._file_id is null
        and library.is_no_school = 0
        and guards.contract_from <= make_date(guards.year, 12, 31)
        and coalesce(guards.contract_to, make_date(guards.year, 12, 31))
        >= make_date(guards.year, 12, 31)
    group by guards.district_code, guards.year

),

persons_counted as (

    select
        district_code,
        year,
        cast(sum(guards) as bigint) as persons
    from {{ ref('int_security_guards') }}
    group by district_code, year

),

forms_with_reason as (

    select
        'int_class_sizes' as fact,
        coalesce(forms._file_id, facts._file_id) as file_id,
        coalesce(forms._sheet, facts._sheet) as sheet,
        coalesce(forms._row_number, facts._row_number) as row_number,
        forms._file_id is not null as is_landed,
        facts._file_id is not null as is_in_fact,
        coalesce(
            facts.stage = forms.stage
            and coalesce(facts.classes, -1) = coalesce(forms.classes, -1)
            and facts.large_classes = forms.classes_56_65 + forms.classes_66_and_more
            and facts.oversize_classes = forms.classes_66_and_more,
            false
        ) as is_same,
        case
            when unmatched._file_id is not null and forms.classes is not null
                then 'unmatched school'
        end as reason
    from forms
    full join {{ ref('int_class_sizes') }} as facts
        on
            forms.district_code = facts.district_code
            and forms.year = facts.year
            and forms._file_id = facts._file_id
            and forms._sheet = facts._sheet
            and forms._row_number = facts._row_number
    left join unmatched
        on
            forms.district_code = unmatched.district_code
            and forms.year = unmatched.year
            and forms._file_id = unmatched._file_id
            and forms._sheet = unmatched._sheet
            and forms._row_number = unmatched._row_number
            and unmatched.fact = 'int_class_sizes'

),

both_facts as (

    select * from guards_with_reason
    union all
    select * from forms_with_reason

)

select
    case
        when not is_landed then 'in the fact, but not landed'
        when not is_in_fact then 'not in the fact, for no reason'
        when reason is not null then 'in the fact, though ' || reason
        else 'another count in the fact'
    end as rule,
    fact,
    file_id,
    sheet,
    row_number
from both_facts
where
    not is_landed
    or is_in_fact = (reason is not null)
    or (is_in_fact and not coalesce(is_same, false))
union all
select
    'other persons are counted than are on contract' as rule,
    'int_security_guards' as fact,
    coalesce(persons_landed.district_code, persons_counted.district_code) as file_id,
    cast(null as string) as sheet,
    cast(null as bigint) as row_number
from persons_landed
full join persons_counted
    on
        persons_landed.district_code = persons_counted.district_code
        and persons_landed.year = persons_counted.year
where coalesce(persons_landed.persons, 0) <> coalesce(persons_counted.persons, 0)
