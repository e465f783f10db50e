{# The id under which a figure of the outline stands that has no indicator, for no source yet. #}
{% macro not_covered(outline) -%}
    'not_covered_' || {{ outline }}.figure_id
{%- endmacro %}
