{# The name under which a year's value is published. #}
{% macro period_of(kind, year) -%}
    {%- if kind == 'calendar_year' -%}
        cast({{ year }} as string)
    {%- elif kind == 'census_day' -%}
        cast({{ year }} as string) || '-09-01'
    {%- elif kind == 'year_end' -%}
        cast({{ year }} as string) || '-12-31'
    {%- elif kind == 'span' -%}
        cast({{ year }} - 4 as string) || '-01..' || cast({{ year }} as string) || '-12'
    {%- else -%}
        {{ exceptions.raise_compiler_error('unknown period kind ' ~ kind) }}
    {%- endif -%}
{%- endmacro %}
