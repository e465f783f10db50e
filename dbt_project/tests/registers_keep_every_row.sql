-- What: every landed row of a register stands in its fact once, and nothing else does; a row that is
--   left out carries no measure; a type of school in a condition is one of the list.
-- When it matters: the figures of registers are sums over these rows.
-- To resolve: look at `register_fact` in macros/registers.sql, and at a join that doubles rows.
{%- set facts = register_facts() %}
{%- for register in registers() %}
{{ 'union all' if not loop.first }}
select
    {{ quoted(register.name) }} as fact,
    coalesce(landed._file_id, facts._file_id) as file_id,
    coalesce(landed._sheet, facts._sheet) as sheet,
    coalesce(landed._row_number, facts._row_number) as row_number
from (
    select
        district_code,
        period,
        _file_id,
        _sheet,
        _row_number,
        count(*) as row_count
    from {{ source(*register.source.split('.')) }}
    group by district_code, period, _file_id, _sheet, _row_number
) as landed
full join (
    select
        district_code,
        period,
        _file_id,
        _sheet,
        _row_number,
        count(*) as row_count,
        max(
            case
                when
                    left_out is not null
                    and (
                        {%- for measure in register_measures(register.source) %}
                        {{ 'or ' if not loop.first }}{{ measure.name }} is not null
                        {%- endfor %}
                    )
                    then 1
                else 0
            end
        ) as is_left_out_and_counts
    from {{ facts[register.name] }}
    group by district_code, period, _file_id, _sheet, _row_number
) as facts
    on
        landed.district_code = facts.district_code
        and landed.period = facts.period
        and landed._file_id = facts._file_id
        and coalesce(landed._sheet, '') = coalesce(facts._sheet, '')
        and landed._row_number = facts._row_number
where
    landed._file_id is null
    or facts._file_id is null
    or landed.row_count <> facts.row_count
    or facts.is_left_out_and_counts = 1
{%- endfor %}
