{# A model's schema is the one of its folder, without a prefix: readers ask for `marts.…`. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name if custom_schema_name else target.schema }}
{%- endmacro %}
