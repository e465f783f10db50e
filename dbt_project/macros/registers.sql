{# Registers: facts of which the YAML says the indicators, each by a condition on the landed row. #}

{# Every landed row of a register with the school as the library shows it, why it counts nowhere
   (`left_out`), why it is not known whether it counts (`in_doubt`), and a column per indicator.
   With `in_year` a row counts in the year of that date alone, and its school need not be open at
   the end of the year. Some registers name no schools. #}
{% macro register_fact(table, in_year=none, has_school=true) -%}
with

entries as (

    select
        *,
        cast(substr(period, 1, 4) as int) as year
    from {{ source(*table.split('.')) }}

),

{%- if has_school %}

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}
    where day_kind = 'year_end'

),

schools_in_years as (

    select * from {{ ref('int_schools_in_years') }}
    where is_open

),
{%- endif %}

matched as (

    select
        entries.*,
        {%- if has_school %}
        case
            when entries.school_code is null then 'none'
            else nullif(schools_on_days.type_group, 'unknown')
        end as school_type_group,
        case when entries.school_code is null then false else schools_on_days.is_public end
            as school_is_public,
        case when entries.school_code is null then false else schools_on_days.is_rural end
            as school_is_rural,
        {%- endif %}
        {%- if not in_year and not has_school %}
        cast(null as string) as left_out
        {%- else %}
        case
            {%- if in_year %}
            when extract(year from entries.{{ in_year }}) <> entries.year then 'another year'
            when entries.{{ in_year }} is null then 'no date'
            {%- endif %}
            {%- if has_school and in_year %}
            when entries.school_code is not null and schools_in_years.school_code is null
                then 'unmatched school'
            {%- elif has_school %}
            when entries.school_code is not null and schools_on_days.school_code is null
                then 'unmatched school'
            {%- endif %}
        end as left_out
        {%- endif %}
    from entries
    {%- if has_school %}
    left join schools_on_days
        on
            entries.district_code = schools_on_days.district_code
            and entries.year = schools_on_days.year
            and entries.school_code = schools_on_days.school_code
    left join schools_in_years
        on
            entries.district_code = schools_in_years.district_code
            and entries.year = schools_in_years.year
            and entries.school_code = schools_in_years.school_code
    {%- endif %}

),

{{ counted_rows(table) }}
{%- endmacro %}


{# The end of a fact that is a register: what of its rows, in the common table expression `matched`
   with `left_out`, counts in each indicator, and of which that is not known. A fact that needs more
   than its school writes `matched` by hand; its YAML says of its own columns which words they know
   (else yes or no) and what an empty one is called. #}
{% macro counted_rows(table) -%}
{%- for register in registers() if register.source == table -%}
    {%- for measure in register_measures(table)
        if measure.name in register_columns(table) or measure.name in register.get('own_columns', {}) -%}
        {{ exceptions.raise_compiler_error(
            table ~ ': ' ~ measure.name ~ ' is a column, an indicator needs another name') }}
    {%- endfor -%}
{%- endfor %}
judged as (

    select
        *
        {%- for measure in register_measures(table) %},
        left_out is null and {{ where_sql(table, measure.where) }} as counts_in_{{ measure.name }}
        {%- endfor %}
    from matched

)

select
    *,
    case
        when left_out is not null then null
        {%- for measure in register_measures(table) %}
        {%- for column in columns_of_doubt(table, measure) %}
        when
            {{ column }} is null
            and {{ 'counts_in_' ~ measure.name ~ (' is null' if column in measure.where else '') }}
            then {{ quoted(caption_of(table, column)) }}
        {%- endfor %}
        {%- endfor %}
    end as in_doubt
    {%- for measure in register_measures(table) %},
    {%- if measure.get('sum') %}
    case when counts_in_{{ measure.name }} then {{ measure.sum }} end as {{ measure.name }}
    {%- elif measure.get('distinct') %}
    cast(
        case
            when
                counts_in_{{ measure.name }}
                and {{ measure.distinct }} is not null
                and row_number() over (
                    partition by district_code, year, counts_in_{{ measure.name }}, {{ measure.distinct }}
                    order by
                        _file_id nulls last,
                        _sheet nulls last,
                        _row_number nulls last
                ) = 1
                then 1
        end as bigint
    ) as {{ measure.name }}
    {%- else %}
    cast(case when counts_in_{{ measure.name }} then 1 end as bigint) as {{ measure.name }}
    {%- endif %}
    {%- endfor %}
from judged
{%- endmacro %}


{# The facts that are registers: name, source and indicators, in the order of their names. #}
{% macro registers() -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values()
            if node.resource_type == 'model' and node.meta.get('fact', {}).get('indicators') -%}
            {%- do found.append(dict(node.meta['fact'], name=node.name)) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found | sort(attribute='name')) }}
{%- endmacro %}


{# The measures of a register's fact: one per indicator, and one more for the whole of a share of
   its own rows. #}
{% macro register_measures(table) -%}
    {%- set found = [] -%}
    {%- for register in registers() if register.source == table -%}
        {%- for entry in register.indicators -%}
            {%- do found.append(dict(entry, name=entry.id, where=entry.get('where', {}))) -%}
            {%- if entry.get('of') and not entry.of.get('fact') -%}
                {%- do found.append(dict(entry.of, name=entry.id ~ '_of',
                                         where=entry.of.get('where', {}))) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{# The columns of a register's contract by their names; a unit test of dbt sees no contract. #}
{% macro register_columns(table) -%}
    {%- if execute and graph.get('sources') -%}
        {%- for node in graph.sources.values()
            if node.source_name ~ '.' ~ node.name == table -%}
            {{ return(node.columns) }}
        {%- endfor -%}
        {{ exceptions.raise_compiler_error('no source table ' ~ table) }}
    {%- endif -%}
    {{ return({}) }}
{%- endmacro %}


{# What an empty cell of a column is called; the type of a school is empty where it is unknown. #}
{% macro caption_of(table, column) -%}
    {%- if column in ('school_type_group', 'school_is_public', 'school_is_rural') -%}
        {{ return('学校的办学类型、举办者或城乡分类不明') }}
    {%- endif -%}
    {%- for register in registers()
        if register.source == table and column in register.get('own_columns', {}) -%}
        {{ return(register.own_columns[column].empty) }}
    {%- endfor -%}
    {%- set columns = register_columns(table) -%}
    {{ return((columns[column].meta['captions'][0] if columns else column) ~ '空白') }}
{%- endmacro %}


{# The columns whose empty cell leaves open whether a row counts, or with what: those compared with a
   word, but for what the fact says may be empty, and what is added up or told apart. #}
{% macro columns_of_doubt(table, measure) -%}
    {%- set optional = [] -%}
    {%- for register in registers() if register.source == table -%}
        {%- do optional.extend(register.get('may_be_empty', [])) -%}
    {%- endfor -%}
    {%- set found = [] -%}
    {%- for column, wanted in measure.where.items()
        if wanted is not mapping and column not in optional -%}
        {%- do found.append(column) -%}
    {%- endfor -%}
    {%- for column in [measure.get('sum'), measure.get('distinct')] if column -%}
        {%- do found.append(column) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{# A condition on the rows of a register, in the closed list of words: a word, one of several, true,
   false; `given`; `by: period_end`; `after: period_end` (or empty); `within_years: n`;
   `months: [first, last]`.
   What no row can have fails here: a column or word that the contract does not know. #}
{% macro where_sql(table, where) -%}
    {%- set parts = [] -%}
    {%- for column, wanted in where.items() -%}
        {%- do check_condition(table, column, wanted) -%}
        {%- if wanted is mapping -%}
            {%- set word, argument = (wanted.items() | list)[0] -%}
            {%- if word == 'given' -%}
                {%- do parts.append(column ~ (' is not null' if argument else ' is null')) -%}
            {%- elif word == 'by' -%}
                {%- do parts.append(
                    'coalesce(' ~ column ~ ' <= make_date(year, 12, 31), false)') -%}
            {%- elif word == 'after' -%}
                {%- do parts.append(
                    'coalesce(' ~ column ~ ' > make_date(year, 12, 31), true)') -%}
            {%- elif word == 'within_years' -%}
                {%- do parts.append('coalesce(extract(year from ' ~ column ~ ') between year - '
                    ~ (argument - 1) ~ ' and year, false)') -%}
            {%- elif word == 'months' -%}
                {%- do parts.append('coalesce(extract(month from ' ~ column ~ ') between '
                    ~ argument[0] ~ ' and ' ~ argument[1] ~ ', false)') -%}
            {%- endif -%}
        {%- else -%}
            {%- if wanted is boolean -%}
                {%- set part = column if wanted else 'not ' ~ column -%}
            {%- elif wanted is string -%}
                {%- set part = column ~ ' = ' ~ quoted(wanted) -%}
            {%- else -%}
                {%- set part = column ~ " in ('" ~ (wanted | join("', '")) ~ "')" -%}
            {%- endif -%}
            {%- set is_optional = column not in columns_of_doubt(table, {'where': where}) -%}
            {%- do parts.append('coalesce(' ~ part ~ ', false)' if is_optional else part) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(parts | join(' and ') or 'true') }}
{%- endmacro %}


{# Refuse a condition that no row can meet, or that is in another word than those of the list. #}
{% macro check_condition(table, column, wanted) -%}
    {%- set of_schools = {
        'school_type_group': ['attached_class', 'higher', 'kindergarten', 'other',
                              'primary_or_secondary', 'special', 'teaching_point', 'vocational'],
        'school_is_public': none,
        'school_is_rural': none
    } -%}
    {%- set columns = register_columns(table) -%}
    {%- if not columns -%}
        {{ return('') }}
    {%- endif -%}
    {%- set place = table ~ ', where ' ~ column ~ ': ' -%}
    {%- for register in registers() if register.source == table -%}
        {%- for name, own in register.get('own_columns', {}).items() -%}
            {%- do of_schools.update({name: own.get('words')}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if column not in columns and column not in of_schools -%}
        {{ exceptions.raise_compiler_error(place ~ 'the contract has no such column') }}
    {%- endif -%}
    {%- set type = columns[column].data_type if column in columns
        else 'boolean' if not of_schools[column] else 'string' -%}
    {%- if wanted is mapping -%}
        {%- set word = (wanted.keys() | list)[0] -%}
        {%- if wanted | length != 1 or word not in ('given', 'by', 'after', 'within_years', 'months') -%}
            {{ exceptions.raise_compiler_error(place ~ 'given, by, after, within_years or months, not '
                ~ wanted) }}
        {%- endif -%}
        {%- if word != 'given' and type != 'date' -%}
            {{ exceptions.raise_compiler_error(place ~ word ~ ' asks for a date') }}
        {%- endif -%}
        {%- if word in ('by', 'after') and wanted[word] != 'period_end' -%}
            {{ exceptions.raise_compiler_error(place ~ word ~ ' asks for period_end') }}
        {%- endif -%}
    {%- elif wanted is boolean -%}
        {%- if type != 'boolean' -%}
            {{ exceptions.raise_compiler_error(place ~ 'the column is no yes or no') }}
        {%- endif -%}
    {%- else -%}
        {%- set known = of_schools[column] if column in of_schools
            else columns[column].meta.get('values', {}).values() | list -%}
        {%- for word in ([wanted] if wanted is string else wanted) if word not in known -%}
            {{ exceptions.raise_compiler_error(
                place ~ 'no row can have ' ~ word ~ '; the contract knows ' ~ known | join(', ')) }}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}


{# The facts that are registers, by name. A new register stands here, and dbt knows its place. #}
{% macro register_facts() -%}
    {{ return({
        'int_activities': ref('int_activities'),
        'int_admissions': ref('int_admissions'),
        'int_assignments': ref('int_assignments'),
        'int_awards': ref('int_awards'),
        'int_budget': ref('int_budget'),
        'int_counselling_rooms': ref('int_counselling_rooms'),
        'int_exam_sittings': ref('int_exam_sittings'),
        'int_exam_results': ref('int_exam_results'),
        'int_facilities': ref('int_facilities'),
        'int_groups': ref('int_groups'),
        'int_inspections': ref('int_inspections'),
        'int_kindergartens': ref('int_kindergartens'),
        'int_leader_visits': ref('int_leader_visits'),
        'int_matters': ref('int_matters'),
        'int_organisations': ref('int_organisations'),
        'int_payments_by_rule': ref('int_payments_by_rule'),
        'int_post_changes': ref('int_post_changes'),
        'int_posts': ref('int_posts'),
        'int_projects': ref('int_projects'),
        'int_recruitment': ref('int_recruitment'),
        'int_reference_values': ref('int_reference_values'),
        'int_roles': ref('int_roles'),
        'int_services': ref('int_services'),
        'int_staff_roster': ref('int_staff_roster'),
        'int_student_movements': ref('int_student_movements'),
        'int_tasks': ref('int_tasks'),
        'int_teacher_pay': ref('int_teacher_pay'),
        'int_trainings': ref('int_trainings'),
        'int_volunteers': ref('int_volunteers'),
    }) }}
{%- endmacro %}
