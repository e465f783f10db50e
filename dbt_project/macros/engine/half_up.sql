{# Round a decimal half up, or cut it, at a number of decimals; exact, as decimal(38,10). #}
{% macro half_up(value, decimals) -%}
    {{ adapter.dispatch('half_up')(value, decimals) }}
{%- endmacro %}

{% macro duckdb__half_up(value, decimals) -%}
    {%- set unit = '1' ~ '0' * (10 - decimals) -%}
    cast(
        sign({{ value }}) * (
            (2 * cast(abs({{ value }}) * 10000000000 as hugeint) + {{ unit }}) // (2 * {{ unit }})
        ) * {{ unit }} as decimal(38, 0)
    ) * cast('0.0000000001' as decimal(10, 10))
{%- endmacro %}

{% macro cut(value, decimals) -%}
    {{ adapter.dispatch('cut')(value, decimals) }}
{%- endmacro %}

{% macro duckdb__cut(value, decimals) -%}
    {%- set unit = '1' ~ '0' * (10 - decimals) -%}
    cast(
        sign({{ value }}) * (cast(abs({{ value }}) * 10000000000 as hugeint) // {{ unit }})
        * {{ unit }} as decimal(38, 0)
    ) * cast('0.0000000001' as decimal(10, 10))
{%- endmacro %}

{% macro spark__half_up(value, decimals) -%}
    cast(round(cast({{ value }} as decimal(38, 10)), {{ decimals }}) as decimal(38, 10))
{%- endmacro %}

{% macro spark__cut(value, decimals) -%}
    cast(
        case
            when {{ value }} < 0 then ceil(cast({{ value }} as decimal(38, 10)), {{ decimals }})
            else floor(cast({{ value }} as decimal(38, 10)), {{ decimals }})
        end as decimal(38, 10)
    )
{%- endmacro %}
