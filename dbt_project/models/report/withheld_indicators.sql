-- One row per district, evaluation year and indicator that must not be published: where its
-- definition or a figure of the outline says so, and whatever would give its number away. This is
-- the only place that knows the rule; a figure withholds its indicator in every member and year,
-- for what is left of a total tells the rest.
with

outline as (

    select * from {{ ref('outline') }}

),

districts as (

    select * from {{ source('landing', 'districts') }}

),

indicators as (

    select * from {{ ref('report_indicators') }}

),

components as (

    select * from {{ ref('indicator_components') }}

),

closure as (

    select * from {{ ref('indicator_closure') }}

),

declared as (

    select
        district_code,
        evaluation_year,
        indicator_id
    from outline
    where publish = 'withheld'
    union
    select
        districts.district_code,
        districts.evaluation_year,
        indicators.indicator_id
    from districts
    cross join indicators
    where indicators.publish = 'withheld'

),

declared_with_formula as (

    select
        declared.*,
        indicators.formula,
        indicators.numerator,
        indicators.denominator
    from declared
    inner join indicators on declared.indicator_id = indicators.indicator_id

),

-- A sum stands again as numerator or denominator of a ratio.
with_its_measure as (

    select
        declared_with_formula.district_code,
        declared_with_formula.evaluation_year,
        others.indicator_id
    from declared_with_formula
    inner join indicators as others
        on
            declared_with_formula.numerator = others.numerator
            and (
                declared_with_formula.denominator is null
                or declared_with_formula.denominator = others.denominator
            )
    union
    select
        declared_with_formula.district_code,
        declared_with_formula.evaluation_year,
        others.indicator_id
    from declared_with_formula
    inner join indicators as others on declared_with_formula.numerator = others.denominator
    where declared_with_formula.denominator is null

),

-- The numerator of a growth is the difference.
with_its_difference as (

    select
        declared_with_formula.district_code,
        declared_with_formula.evaluation_year,
        siblings.indicator_id
    from declared_with_formula
    inner join components on declared_with_formula.indicator_id = components.indicator_id
    inner join components as siblings on components.component_id = siblings.component_id
    inner join indicators on siblings.indicator_id = indicators.indicator_id
    where declared_with_formula.formula = 'difference' and indicators.formula = 'growth'

),

telling as (

    select
        district_code,
        evaluation_year,
        indicator_id
    from declared
    union
    select
        district_code,
        evaluation_year,
        indicator_id
    from with_its_measure
    union
    select
        district_code,
        evaluation_year,
        indicator_id
    from with_its_difference

),

-- What is derived from it; what only asks whether tests are met does so without it.
derived as (

    select
        telling.district_code,
        telling.evaluation_year,
        closure.indicator_id
    from telling
    inner join closure on telling.indicator_id = closure.component_id
    inner join indicators on closure.indicator_id = indicators.indicator_id
    where indicators.formula not in ('all_met', 'count_unmet')

)

select
    district_code,
    evaluation_year,
    indicator_id
from telling
union
select
    district_code,
    evaluation_year,
    indicator_id
from derived
