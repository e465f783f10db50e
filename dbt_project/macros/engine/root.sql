{# The square root of a number that is not negative, half up at ten decimals. The engine's own root
   is a double, near enough to be at most one off in the tenth decimal, which whole numbers show. #}
{% macro root(value) -%}
    {{ adapter.dispatch('root')(value) }}
{%- endmacro %}

{% macro duckdb__root(value) -%}
    {%- set near = 'cast(floor(sqrt(cast(' ~ value ~ ' as double)) * 10000000000) as hugeint)' -%}
    {%- set square = 'cast(' ~ value ~ ' * 10000000000 as hugeint) * 10000000000' -%}
    cast(
        case
            when {{ square }} > {{ near }} * ({{ near }} + 1) then {{ near }} + 1
            when {{ near }} > 0 and {{ square }} <= {{ near }} * ({{ near }} - 1)
                then {{ near }} - 1
            else {{ near }}
        end as decimal(38, 0)
    ) * cast('0.0000000001' as decimal(10, 10))
{%- endmacro %}

{# The same text: decimal(38, 0) is the widest whole number there. #}
{% macro spark__root(value) -%}
    {{ duckdb__root(value) | replace('hugeint', 'decimal(38, 0)') }}
{%- endmacro %}
