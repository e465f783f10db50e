-- What: sums of parts are their wholes and a part is no more than its whole, as the seed
--   figure_identities says; what stands in two places is one number (same_figures); a difference,
--   a growth and a margin are what their parts give.
-- When it matters: the report contradicts itself, and no reader knows which number is right.
-- To resolve: look at the facts of the indicators that are named; one of them counts a row that
--   the other does not.
with

report_values as (

    select * from {{ ref('report_values') }}

),

indicators as (

    select * from {{ ref('report_indicators') }}

),

components as (

    select * from {{ source('landing', 'components') }}
    where is_direct

),

identities as (

    select * from {{ ref('figure_identities') }}

),

terms as (

    select
        report_values.district_code,
        report_values.evaluation_year,
        identities.identity_id,
        report_values.period,
        identities.comparison,
        identities.coefficient * report_values.value as signed_value,
        identities.coefficient
    from identities
    inner join report_values
        on
            identities.indicator_id = report_values.indicator_id
            and identities.dimension = report_values.dimension
            and (identities.member is null or identities.member = report_values.member)

),

-- A term that is not shown leaves nothing to compare.
sums as (

    select
        district_code,
        evaluation_year,
        identity_id,
        period,
        comparison,
        sum(signed_value) as excess,
        count(*) - count(signed_value) as terms_unknown,
        count(distinct coefficient) as signs
    from terms
    group by district_code, evaluation_year, identity_id, period, comparison

),

broken_sums as (

    select
        district_code,
        evaluation_year,
        identity_id,
        period
    from sums
    where
        terms_unknown = 0
        and signs > 1
        and ((comparison = '=' and excess <> 0) or (comparison = '<=' and excess > 0))

),

pairs as (

    select
        derived.district_code,
        derived.evaluation_year,
        derived.indicator_id,
        derived.period,
        indicators.formula,
        derived.state,
        derived.value,
        later.value as later_value,
        earlier.value as earlier_value
    from report_values as derived
    inner join indicators on derived.indicator_id = indicators.indicator_id
    inner join components
        on
            derived.indicator_id = components.indicator_id
            and components.year_offset = 0
    inner join report_values as later
        on
            derived.district_code = later.district_code
            and derived.evaluation_year = later.evaluation_year
            and components.component_id = later.indicator_id
            and derived.dimension = later.dimension
            and derived.member = later.member
            and substr(derived.period, 1, 4) = substr(later.period, 1, 4)
    inner join report_values as earlier
        on
            derived.district_code = earlier.district_code
            and derived.evaluation_year = earlier.evaluation_year
            and components.component_id = earlier.indicator_id
            and derived.dimension = earlier.dimension
            and derived.member = earlier.member
            and cast(substr(derived.period, 1, 4) as int)
            = cast(substr(earlier.period, 1, 4) as int) + 1
    where indicators.formula in ('difference', 'growth')

),

broken_pairs as (

    select
        district_code,
        evaluation_year,
        indicator_id || ' (' || formula || ')' as identity_id,
        period
    from pairs
    where
        -- both parts are shown, and what follows from them is not there
        (state = 'missing' and later_value is not null and earlier_value <> 0)
        or (formula = 'difference' and value <> later_value - earlier_value)
        or (
            formula = 'growth'
            and abs(value * earlier_value - 100 * (later_value - earlier_value))
            > cast('0.0000000001' as decimal(10, 10)) * abs(earlier_value)
        )

),

broken_margins as (

    select
        district_code,
        evaluation_year,
        indicator_id || ' (margin)' as identity_id,
        period
    from report_values
    where abs(margin) <> abs(value - standard_value)

),

figures as (

    select * from {{ ref('report_figures') }}

),

same_figures as (

    select * from {{ ref('same_figures') }}

),

broken_places as (

    select
        figures.district_code,
        figures.evaluation_year,
        same_figures.figure_id || ' = ' || same_figures.same_as as identity_id,
        figures.period
    from same_figures
    inner join figures on same_figures.figure_id = figures.figure_id
    inner join figures as others
        on
            figures.district_code = others.district_code
            and figures.evaluation_year = others.evaluation_year
            and same_figures.same_as = others.figure_id
            and figures.part = others.part
    where figures.text <> others.text

),

broken as (

    select * from broken_sums
    union all
    select * from broken_pairs
    union all
    select * from broken_margins
    union all
    select * from broken_places

)

select
    district_code,
    evaluation_year,
    identity_id,
    period
from broken
