{# The columns of a model of which the YAML says `key` in their meta, in its order. #}
{% macro columns_with(model, key) -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values()
            if node.resource_type == 'model' and node.name == model -%}
            {{ return(node.columns.values() | selectattr('meta.' ~ key, 'defined') | list) }}
        {%- endfor -%}
    {%- endif -%}
    {{ return([]) }}
{%- endmacro %}


{# What the YAML of a fact says of it: its source, the `dimensions` beside the total (columns by which
   its measures are added up), and its `evidence`: rows, or files alone. #}
{% macro meta_of_fact(fact) -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values()
            if node.resource_type == 'model' and node.name == fact -%}
            {{ return(node.meta['fact']) }}
        {%- endfor -%}
    {%- endif -%}
    {{ return({}) }}
{%- endmacro %}


{# The marts of which columns are indicators, by name. A new one stands here, and dbt knows its place. #}
{% macro indicator_marts() -%}
    {{ return({
        'mart_class_sizes': ref('mart_class_sizes'),
        'mart_education_funds': ref('mart_education_funds'),
        'mart_meals': ref('mart_meals'),
        'mart_operating_funds': ref('mart_operating_funds'),
        'mart_operating_standards': ref('mart_operating_standards'),
        'mart_school_resources': ref('mart_school_resources'),
        'mart_schools': ref('mart_schools'),
        'mart_security': ref('mart_security'),
        'mart_staff_training': ref('mart_staff_training'),
        'mart_student_aid': ref('mart_student_aid'),
    }) }}
{%- endmacro %}


{# The facts that are no registers and whose rows or files are evidence, by name. #}
{% macro evident_facts() -%}
    {{ return({
        'int_allocated_funds': ref('int_allocated_funds'),
        'int_boarder_funds': ref('int_boarder_funds'),
        'int_class_sizes': ref('int_class_sizes'),
        'int_education_funds': ref('int_education_funds'),
        'int_education_payments': ref('int_education_payments'),
        'int_funded_students': ref('int_funded_students'),
        'int_meal_funds': ref('int_meal_funds'),
        'int_meal_payments': ref('int_meal_payments'),
        'int_operating_funds': ref('int_operating_funds'),
        'int_primary_and_secondary_schools': ref('int_primary_and_secondary_schools'),
        'int_pupils_compared': ref('int_pupils_compared'),
        'int_school_resources': ref('int_school_resources'),
        'int_security_guards': ref('int_security_guards'),
        'int_security_payments': ref('int_security_payments'),
        'int_staff_training': ref('int_staff_training'),
        'int_stage_payments': ref('int_stage_payments'),
        'int_student_aid': ref('int_student_aid'),
        'int_student_months': ref('int_student_months'),
        'int_training_hours': ref('int_training_hours'),
    }) }}
{%- endmacro %}
