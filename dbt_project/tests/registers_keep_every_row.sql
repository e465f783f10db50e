-- What: every landed row of a register stands in its fact once, and nothing else does; a row that
--   is left out carries no measure.
-- When it matters: the figures of registers are sums over these rows.
-- To resolve: look at `register_fact` in macros/registers.sql, and at a join that doubles rows.
{%- set facts = register_facts() %}
{%- set row = "district_code, period, _file_id, coalesce(_sheet, '') as sheet, _row_number" %}
with

landed_rows as (

    {%- for register in registers() %}
    {{ 'union all' if not loop.first }}
    select
        {{ quoted(register.name) }} as fact,
        {{ row }}
    from {{ source(*register.source.split('.')) }}
    {%- endfor %}

),

fact_rows as (

    {%- for register in registers() %}
    {{ 'union all' if not loop.first }}
    select
        {{ quoted(register.name) }} as fact,
        {{ row }},
        case
            when
                left_out is not null
                and coalesce(
                    {%- for measure in register_measures(register.source) %}
                    {{ measure.name }}{{ ',' if not loop.last }}
                    {%- endfor %}{{ ', null' if register_measures(register.source) | length == 1 }}
                ) is not null
                then 1
            else 0
        end as is_left_out_and_counts
    from {{ facts[register.name] }}
    {%- endfor %}

),

landed as (

    select
        fact,
        district_code,
        period,
        _file_id,
        sheet,
        _row_number,
        count(*) as row_count
    from landed_rows
    group by fact, district_code, period, _file_id, sheet, _row_number

),

kept as (

    select
        fact,
        district_code,
        period,
        _file_id,
        sheet,
        _row_number,
        count(*) as row_count,
        max(is_left_out_and_counts) as is_left_out_and_counts
    from fact_rows
    group by fact, district_code, period, _file_id, sheet, _row_number

)

select
    coalesce(landed.fact, kept.fact) as fact,
    coalesce(landed._file_id, kept._file_id) as file_id,
    coalesce(landed.sheet, kept.sheet) as sheet,
    coalesce(landed._row_number, kept._row_number) as row_number
from landed
full join kept
    on
        landed.fact = kept.fact
        and landed.district_code = kept.district_code
        and landed.period = kept.period
        and landed._file_id = kept._file_id
        and landed.sheet = kept.sheet
        and landed._row_number = kept._row_number
where
    landed._file_id is null
    or kept._file_id is null
    or landed.row_count <> kept.row_count
    or kept.is_left_out_and_counts = 1
