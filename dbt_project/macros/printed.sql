{# A number as the report prints it: half up at `decimals`, which is a column. #}
{% macro printed(value, decimals) -%}
    case {{ decimals }}
        {%- for count in range(7) %}
        when {{ count }} then cast(cast({{ half_up(value, count) }} as decimal(38, {{ count }})) as string)
        {%- endfor %}
    end
{%- endmacro %}

{# All that a number has, up to `decimals`, without trailing zeros; what is beyond is cut, so that
   99.996 % never prints as 100 %. #}
{% macro printed_exactly(value, decimals) -%}
    case
        {%- for count in range(7) %}
        when
            {{ decimals }} >= {{ count }}
            and ({{ decimals }} = {{ count }} or {{ value }} = {{ cut(value, count) }})
            then cast(cast({{ cut(value, count) }} as decimal(38, {{ count }})) as string)
        {%- endfor %}
    end
{%- endmacro %}
