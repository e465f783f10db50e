{# What schools are compared by (教督〔2017〕6号): each measure of the resource forms, of which cells
   it is made, and for how many pupils it is told. #}
{% macro resources_compared() -%}
    {{ return({
        'teachers_above_degree':
            {'of': 'teachers_above_degree', 'type': 'bigint', 'pupils': 100},
        'backbone_teachers': {'of': 'backbone_teachers', 'type': 'bigint', 'pupils': 100},
        'sports_and_art_teachers':
            {'of': 'sports_and_art_teachers', 'type': 'bigint', 'pupils': 100},
        'rooms_m2':
            {'of': 'teaching_rooms_m2 - indoor_sports_m2', 'type': 'decimal(18,2)', 'pupils': 1},
        'sports_m2':
            {'of': 'sports_grounds_m2 + indoor_sports_m2', 'type': 'decimal(18,2)', 'pupils': 1},
        'equipment_yuan': {'of': 'equipment_yuan', 'type': 'decimal(18,2)', 'pupils': 1},
        'network_classrooms': {'of': 'network_classrooms', 'type': 'bigint', 'pupils': 100},
    }) }}
{%- endmacro %}
