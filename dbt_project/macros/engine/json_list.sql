{# The distinct texts of a group as a JSON list, in order. #}
{% macro json_list(expression) -%}
    {{ adapter.dispatch('json_list')(expression) }}
{%- endmacro %}

{% macro duckdb__json_list(expression) -%}
    cast(to_json(list(distinct {{ expression }} order by {{ expression }})) as string)
{%- endmacro %}

{% macro spark__json_list(expression) -%}
    to_json(array_sort(collect_set({{ expression }})))
{%- endmacro %}
