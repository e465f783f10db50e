-- What: every landed row stands once in the fact that is made of its table, and nothing else does;
--   a row that is left out says why, and carries no measure.
-- When it matters: figures are sums over these rows; one that is lost or doubled passes unnoticed.
-- To resolve: look at the fact, or at `register_fact` in macros/registers.sql, for a filter or for
--   a join that doubles rows.
{%- set of_registers = register_facts() %}
{%- set facts = facts_that_keep_rows() %}
{%- for register in registers() %}
{%- do facts.append(
    {'name': register.name, 'source': register.source, 'rows': of_registers[register.name],
     'measures': register_measures(register.source) | map(attribute='name') | list}
) %}
{%- endfor %}
{%- set row = "district_code, period, _file_id, coalesce(_sheet, '') as sheet, _row_number" %}
with

landed_rows as (

    {%- for fact in facts %}
    {{ 'union all' if not loop.first }}
    select
        {{ quoted(fact.name) }} as fact,
        {{ row }}
    from {{ source(*fact.source.split('.')) }}
    {%- endfor %}

),

fact_rows as (

    {%- for fact in facts %}
    {{ 'union all' if not loop.first }}
    select
        {{ quoted(fact.name) }} as fact,
        {{ row }},
        case
            when
                left_out is not null
                and coalesce(
                    {%- for measure in fact.measures %}
                    {{ measure }}{{ ',' if not loop.last }}
                    {%- endfor %}{{ ', null' if fact.measures | length == 1 }}
                ) is not null
                then 1
            else 0
        end as is_left_out_and_counts
    from {{ fact.rows }}
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
