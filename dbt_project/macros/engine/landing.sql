{# The landed rows in force, for another engine: DuckDB writes a Parquet file for each source table
   into a folder, and the other engine makes its relations `landing.*` over them.
     dbt run-operation export_landing --args '{folder: /shared/landing}'
     dbt run-operation make_landing --args '{folder: /shared/landing}' --target spark #}
{% macro export_landing(folder) -%}
    {%- for source in graph.sources.values() -%}
        {%- do run_query(
            'copy ' ~ source.relation_name ~ " to '" ~ folder ~ '/' ~ source.identifier ~ ".parquet'"
        ) -%}
    {%- endfor -%}
{%- endmacro %}

{% macro make_landing(folder) -%}
    {%- do run_query('create schema if not exists landing') -%}
    {%- for source in graph.sources.values() -%}
        {%- do run_query(
            'create or replace view ' ~ source.relation_name ~ ' as select * from parquet.`'
            ~ folder ~ '/' ~ source.identifier ~ '.parquet`'
        ) -%}
    {%- endfor -%}
{%- endmacro %}
