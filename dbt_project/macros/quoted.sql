{# A text literal; a null where there is nothing. #}
{% macro quoted(value) -%}
    {%- if value is none or value is undefined or value == '' -%}
        cast(null as string)
    {%- else -%}
        '{{ value | string | replace("'", "''") }}'
    {%- endif -%}
{%- endmacro %}
