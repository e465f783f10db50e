{# The distinct texts of a group in order, with a separator. #}
{% macro joined_text(expression, separator) -%}
    {{ adapter.dispatch('joined_text')(expression, separator) }}
{%- endmacro %}

{% macro duckdb__joined_text(expression, separator) -%}
    string_agg(distinct {{ expression }}, '{{ separator }}' order by {{ expression }})
{%- endmacro %}

{% macro spark__joined_text(expression, separator) -%}
    listagg(distinct {{ expression }}, '{{ separator }}') within group (order by {{ expression }})
{%- endmacro %}
