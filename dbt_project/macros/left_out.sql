{# The facts written by hand that keep every landed row: their source, the column of their group, if
   any, and that of their money, and which fact a row in doubt may change, if that is another. A row
   that is left out carries no measure. #}
{% macro facts_that_keep_rows() -%}
    {{ return([
        {'name': 'int_class_sizes', 'rows': ref('int_class_sizes'),
         'source': 'schools.annual_forms', 'member': 'stage', 'amount': none,
         'measures': ['classes', 'large_classes', 'oversize_classes']},
        {'name': 'int_school_resources', 'rows': ref('int_school_resources'),
         'source': 'schools.resources', 'member': 'stage', 'amount': none,
         'measures': resources_compared().keys() | list},
        {'name': 'int_security_guards', 'rows': ref('int_security_guards'),
         'source': 'staffing.guards', 'member': none, 'amount': none,
         'measures': ['contracts', 'guards']},
        {'name': 'int_staff_training', 'rows': ref('int_staff_training'),
         'source': 'staffing.staff', 'member': 'stage', 'amount': none,
         'measures': ['staff', 'trained_staff', 'staff_with_required_hours']},
        {'name': 'int_training_hours', 'rows': ref('int_training_hours'),
         'source': 'staffing.trainings', 'member': none, 'amount': none,
         'measures': ['training_hours'], 'doubted': 'int_staff_training'},
        {'name': 'int_student_aid', 'rows': ref('int_student_aid'),
         'source': 'finance.student_aid', 'member': none, 'amount': 'amount_yuan',
         'measures': ['aid_yuan', 'awards']},
    ]) }}
{%- endmacro %}


{# Why it is not known whether a row counts, or with what; null where that is known. Whatever else a
   row is left out for excludes it. #}
{% macro reason_of_doubt() -%}
    case left_out
        when 'unmatched school' then '学校代码库中没有当日在办的该校'
        when 'school of no day' then '学校代码库中没有当年在办的该校'
        when 'unmatched public school' then '学校代码库中没有当日在办的该校,或不知道它是否公办'
        when 'unknown post' then '岗位类别不在代码表中'
        when 'no dates in post' then '入职日期空白或晚于离职日期'
        when 'unknown type of school' then '学校的办学类型不明'
        when 'no pupils' then '当日没有该校该学段学生的数据'
        when 'no form' then '没有该校该学段的资源配置表'
        when 'no date' then '日期空白'
        when 'no contract dates' then '合同起始日期空白或晚于终止日期'
        when 'no person' then '身份证号空白'
        when 'unmatched person' then '教职工名册中没有这个工号'
        when 'unknown project' then '没有项目编码或支付日期,或项目用途不明'
        else in_doubt
    end
{%- endmacro %}


{# Whether a fact keeps the rows that count nowhere, with the reason. #}
{% macro keeps_left_out(fact) -%}
    {%- if graph.get('nodes') -%}
        {%- for node in graph.nodes.values() if node.name == fact and 'left_out' in node.columns -%}
            {{ return(true) }}
        {%- endfor -%}
    {%- endif -%}
    {{ return(false) }}
{%- endmacro %}
