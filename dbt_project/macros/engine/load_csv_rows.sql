{# The rows of a seed; dbt-spark itself would write an empty cell as the word None. #}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set sql -%}
        insert into {{ this }} values
        {%- for row in agate_table.rows %}
        (
            {%- for column in agate_table.column_names -%}
                cast({{ quoted(row[column]) }} as {{ model.config.column_types[column] }})
                {{- ', ' if not loop.last }}
            {%- endfor -%}
        ){{ ',' if not loop.last }}
        {%- endfor %}
    {%- endset -%}
    {%- do run_query(sql) -%}
    {{ return(sql) }}
{%- endmacro %}
