{# Whether a value counts pupils with special needs who stand under another stage in the census:
   those of ordinary schools are counted under 特殊教育. #}
{% macro counts_special_needs(value, stage) -%}
    (
        {{ value }}.member = '特殊教育'
        and {{ value }}.source = 'schools.students'
        and {{ stage }} in ('普通小学', '普通初中')
    )
{%- endmacro %}
