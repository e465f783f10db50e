-- What: every landed contract of a guard is in int_security_guards, or out of it for a named
--   reason: it does not cover the last day of the year, unmatched school; a person is counted
--   once. Every landed row of a class-size form is in int_class_sizes with its classes, or its
--   school is unmatched.
-- When it matters: 14.3 and 22.1 count classes and people; one that is lost or doubled passes
--   unnoticed.
-- To resolve: look at the row in the landed file; then at the last change in int_security_guards
--   or int_class_sizes.
with

guards as (

    select
        district_code,
        cast(substr(period, 1, 4) as int) as year,
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
        fact,
        _file_id,
        _sheet,
        _row_number
    from {{ ref('int_unmatched_units') }}

),

guards_with_reason as (

    select
        'int_security_guards' as fact,
        coalesce(guards._file_id, facts._file_id) as file_id,
        coalesce(guards._sheet, facts._sheet) as sheet,
        coalesce(guards._row_number, facts._row_number) as row_number,
        guards._file_id is not null as is_landed,
        facts._file_id is not null as is_in_fact,
        coalesce(facts.contracts = 1, true) as is_same,
        case
            when
                guards.contract_from is null
                or guards.contract_from > make_date(guards.year, 12, 31)
                or guards.contract_to < make_date(guards.year, 12, 31)
                then 'not on contract on the last day'
            when unmatched._file_id is not null then 'unmatched school'
        end as reason
    from guards
    full join {{ ref('int_security_guards') }} as facts
        on
            guards.district_code = facts.district_code
            and guards.year = facts.year
            and guards._file_id = facts._file_id
            and guards._sheet = facts._sheet
            and guards._row_number = facts._row_number
    left join unmatched
        on
            guards.district_code = unmatched.district_code
            and guards._file_id = unmatched._file_id
            and guards._sheet = unmatched._sheet
            and guards._row_number = unmatched._row_number
            and unmatched.fact = 'int_security_guards'

),

persons as (

    select
        guards.district_code,
        guards.year,
        guards.guard_id,
        min(facts._file_id) as file_id,
        min(facts._sheet) as sheet,
        min(facts._row_number) as row_number,
        cast(sum(coalesce(facts.guards, 0)) as bigint) as times_counted
    from guards
    inner join {{ ref('int_security_guards') }} as facts
        on
            guards.district_code = facts.district_code
            and guards.year = facts.year
            and guards._file_id = facts._file_id
            and guards._sheet = facts._sheet
            and guards._row_number = facts._row_number
    group by guards.district_code, guards.year, guards.guard_id

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
            and facts.classes = forms.classes
            and facts.large_classes = forms.classes_56_65 + forms.classes_66_and_more
            and facts.oversize_classes = forms.classes_66_and_more,
            false
        ) as is_same,
        case when unmatched._file_id is not null then 'unmatched school' end as reason
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
    or (is_in_fact and not is_same)
union all
select
    'a person who is not counted once' as rule,
    'int_security_guards' as fact,
    file_id,
    sheet,
    row_number
from persons
where times_counted <> 1
