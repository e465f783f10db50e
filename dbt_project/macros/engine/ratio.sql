{# multiplier * numerator / denominator, exact and half up at ten decimals; null over zero.
   Scaled whole numbers: the engines divide decimals in different ways, most of them inexact.
   `decimals` says how many decimals numerator and denominator carry: 2 for money and counts,
   10 for values. #}
{% macro ratio(numerator, denominator, multiplier=1, decimals=2) -%}
    {{ adapter.dispatch('ratio')(numerator, denominator, multiplier, decimals) }}
{%- endmacro %}

{% macro duckdb__ratio(numerator, denominator, multiplier, decimals) -%}
    {%- set scale = '1' ~ '0' * decimals -%}
    {%- set n = 'cast(abs(' ~ numerator ~ ') * ' ~ scale ~ ' as hugeint)' -%}
    {%- set d = 'cast(abs(' ~ denominator ~ ') * ' ~ scale ~ ' as hugeint)' -%}
    case
        when ({{ denominator }}) <> 0
            then cast(
                sign({{ numerator }}) * sign({{ denominator }}) * (
                    (2 * {{ multiplier }} * {{ n }} * cast(10000000000 as hugeint) + {{ d }})
                    // (2 * {{ d }})
                ) as decimal(38, 0)
            ) * cast('0.0000000001' as decimal(10, 10))
    end
{%- endmacro %}

{# Whole part and rest are divided apart: `div` gives a bigint, so a ratio of 19 digits before the
   point has no place here. #}
{% macro spark__ratio(numerator, denominator, multiplier, decimals) -%}
    {%- set scale = '1' ~ '0' * decimals -%}
    {%- set n = multiplier ~ ' * cast(abs(' ~ numerator ~ ') * ' ~ scale ~ ' as decimal(38, 0))' -%}
    {%- set d = 'cast(abs(' ~ denominator ~ ') * ' ~ scale ~ ' as decimal(38, 0))' -%}
    case
        when ({{ denominator }}) <> 0
            then cast(
                case when ({{ numerator }}) < 0 then -1 else 1 end
                * case when ({{ denominator }}) < 0 then -1 else 1 end * (
                    cast({{ n }} div {{ d }} as decimal(28, 10)) + cast(
                        (2 * mod({{ n }}, {{ d }}) * 10000000000 + {{ d }}) div (2 * {{ d }})
                        as decimal(28, 0)
                    ) * cast('0.0000000001' as decimal(10, 10))
                ) as decimal(38, 10)
            )
    end
{%- endmacro %}
