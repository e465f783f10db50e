{# Every indicator of the project, read from the `meta` of the mart columns and of the registers: the
   base ones and, behind each, those derived from it. A list of dictionaries, in the order of their
   ids. #}
{% macro indicators() -%}
    {%- set found = {} -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' -%}
            {%- for column in node.columns.values() if column.meta.get('indicator') -%}
                {%- set base = dict(
                    {'multiplier': 1, 'members': ['total'], 'standard': none, 'inputs': []},
                    **column.meta['indicator']
                ) -%}
                {%- do base.update({'mart': node.name, 'mart_column': column.name}) -%}
                {%- set children = base.pop('derived', []) -%}
                {%- do found.update({base.id: dict(base, components=[])}) -%}
                {%- for child in children -%}
                    {%- set inherited = dict(base, multiplier=1, standard=none, numerator=none,
                                             denominator=none, inputs=[]) -%}
                    {%- set one = dict(inherited, **child) -%}
                    {%- if child.formula in ('all_met', 'count_unmet') -%}
                        {%- do one.update({'components': one.pop('of', [])}) -%}
                        {%- do one.update({'dimension': 'total', 'members': ['total']}) -%}
                        {%- do one.pop('also_by', none) -%}
                    {%- else -%}
                        {%- do one.update({'components': [base.id]}) -%}
                        {%- do one.update({'multiplier': 100 if child.formula == 'growth' else 1}) -%}
                    {%- endif -%}
                    {%- do found.update({child.id: one}) -%}
                {%- endfor -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- for register in registers() -%}
            {%- for indicator in indicators_of(register) -%}
                {%- do found.update({indicator.id: indicator}) -%}
            {%- endfor -%}
        {%- endfor -%}
        {#- What is short is counted of all that is judged. -#}
        {%- set judged = found.values() | selectattr('standard') | map(attribute='id') | sort -%}
        {%- for indicator in found.values() if indicator.formula == 'count_unmet' -%}
            {%- do indicator.update({'components': judged}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found.values() | sort(attribute='id')) }}
{%- endmacro %}


{# The dimensions by which an indicator is told, each with its members: its own, and those of
   `also_by`. A fact and a mart have a column, or rows, of the dimension's name. #}
{% macro dimensions_of(indicator) -%}
    {%- set found = [{'name': indicator.dimension, 'members': indicator.members}] -%}
    {%- for name, members in indicator.get('also_by', {}).items() -%}
        {%- do found.append({'name': name, 'members': members}) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{# The components of an indicator with the years by which they lie before it and their weight. #}
{% macro components_of(indicator) -%}
    {%- set parts = [] -%}
    {%- for component in indicator.components -%}
        {%- do parts.append({'id': component, 'year_offset': 0, 'weight': 1}) -%}
        {%- if indicator.formula in ('difference', 'growth') -%}
            {%- do parts.append({'id': component, 'year_offset': -1, 'weight': -1}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(parts) }}
{%- endmacro %}


{# The fact and measure of a role, with what the measure needs: from the column's meta in the fact. A
   register needs its own delivery, where it names schools their library, and what else it says. #}
{% macro measure_of(role) -%}
    {%- for register in registers() if register.name == role.fact -%}
        {%- set needs = {register.source: [0]} -%}
        {%- if 'school_code' in register_columns(register.source) -%}
            {%- do needs.update({'schools.schools': [0]}) -%}
        {%- endif -%}
        {%- do needs.update(register.get('needs', {})) -%}
        {{ return({'source': register.source, 'needs': needs}) }}
    {%- endfor -%}
    {%- for node in graph.nodes.values()
        if node.resource_type == 'model' and node.name == role.fact -%}
        {%- for column in node.columns.values() if column.name == role.measure -%}
            {{ return(dict(column.meta['measure'], source=node.meta['fact']['source'])) }}
        {%- endfor -%}
    {%- endfor -%}
    {{ exceptions.raise_compiler_error(
        'the measure ' ~ role.measure ~ ' of ' ~ role.fact ~ ' is not described in its YAML') }}
{%- endmacro %}


{# Whether a fact has one row for each row of a source that counts in it, or is made per school. #}
{% macro has_rows_of(role, source_name) -%}
    {{ return(role.fact not in ['int_funded_students', 'int_school_entitlements']
        and measure_of(role).source == source_name) }}
{%- endmacro %}


{# Whether a source table is one list that serves every period. #}
{% macro is_standing(source_name) -%}
    {%- for node in graph.sources.values()
        if node.source_name ~ '.' ~ node.name == source_name -%}
        {{ return(node.meta['period']['kind'] == 'standing') }}
    {%- endfor -%}
    {{ exceptions.raise_compiler_error('no source table ' ~ source_name) }}
{%- endmacro %}


{# The texts of a node's macros and of those that they call: what its SQL says beside its own. #}
{% macro macro_texts(node) -%}
    {%- set waiting = node.depends_on.macros | list -%}
    {%- set texts = {} -%}
    {%- for _ in range(200) if waiting -%}
        {%- set current = waiting.pop() -%}
        {%- if current.startswith('macro.ziping.') and current not in texts -%}
            {%- set macro = context[current.split('.')[-1]].macro -%}
            {%- do texts.update({current: macro.macro_sql}) -%}
            {%- do waiting.extend(macro.depends_on.macros) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(texts.values() | list) }}
{%- endmacro %}


{# The version of a definition: changes with its meta and with the SQL of its mart and all that
   the mart rests on; the seed of standards is not among it, a changed standard shows by itself. #}
{% macro definition_version(indicator) -%}
    {%- set texts = [tojson(indicator, sort_keys=true)] -%}
    {%- set waiting = [] -%}
    {%- set seen = [] -%}
    {%- set places = [indicator.mart] -%}
    {%- if indicator.get('register') -%}
        {%- set places = [indicator.register, (indicator.get('denominator') or {}).get('fact')] -%}
    {%- endif -%}
    {%- for node in graph.nodes.values() if node.name in places -%}
        {%- do waiting.append(node.unique_id) -%}
    {%- endfor -%}
    {%- for _ in range(200) if waiting -%}
        {%- set current = waiting.pop() -%}
        {%- if current not in seen and current in graph.nodes
            and graph.nodes[current].name != 'standards' -%}
            {%- do seen.append(current) -%}
            {%- set node = graph.nodes[current] -%}
            {%- do texts.append(current ~ (node.raw_code or node.checksum.checksum)) -%}
            {%- do texts.extend(macro_texts(node)) -%}
            {%- do waiting.extend(node.depends_on.nodes if node.depends_on.nodes else []) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(local_md5(texts | sort | join('\n'))[:12]) }}
{%- endmacro %}


{# The counts of persons that a mart shows, from its columns' meta: a list of measure, how many
   units of it are one person, and the money that was paid to them, if a column is that. #}
{% macro persons_of(mart) -%}
    {%- set found = [] -%}
    {%- for column in mart.columns.values() if column.meta.get('persons_unit') -%}
        {%- set paid = mart.columns.values() | selectattr('meta.paid_to', 'defined')
            | selectattr('meta.paid_to', 'equalto', column.name) | map(attribute='name') | first -%}
        {%- do found.append(
            {'measure': column.name, 'unit': column.meta['persons_unit'], 'money': paid or ''}
        ) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{# Whether a measure of a mart counts persons. #}
{% macro counts_persons(mart_name, measure) -%}
    {%- for node in graph.nodes.values()
        if node.resource_type == 'model' and node.name == mart_name -%}
        {{ return(measure in (persons_of(node) | map(attribute='measure'))) }}
    {%- endfor -%}
    {{ return(false) }}
{%- endmacro %}
