-- What: the files behind a value add up to its numerator and its denominator, unless their
--   numbers would tell of a few persons. Entitlements alone have no evidence of their own: they
--   rest on one row per school. And each total of a mart is what its fact adds up to, whether an
--   indicator prints it or not.
-- When it matters: it is the proof that a figure can be traced to its files and rows.
-- To resolve: compare base_evidence with the mart of the indicator: one of them takes rows
--   that the other does not.
{%- set sums = [
    ('mart_class_sizes', 'int_class_sizes', 'classes'),
    ('mart_class_sizes', 'int_class_sizes', 'large_classes'),
    ('mart_class_sizes', 'int_class_sizes', 'oversize_classes'),
    ('mart_education_funds', 'int_education_funds', 'funds_yuan'),
    ('mart_education_funds', 'int_education_payments', 'payments_yuan'),
    ('mart_meals', 'int_meal_funds', 'issued_yuan'),
    ('mart_meals', 'int_meal_payments', 'meals_paid_yuan'),
    ('mart_operating_funds', 'int_boarder_funds', 'boarder_yuan'),
    ('mart_operating_funds', 'int_funded_students', 'boarder_half_years'),
    ('mart_operating_funds', 'int_funded_students', 'funded_half_years'),
    ('mart_operating_funds', 'int_operating_funds', 'operating_yuan'),
] %}
with

report_values as (

    select * from {{ ref('report_values') }}

),

indicators as (

    select * from {{ ref('report_indicators') }}

),

roles as (

    select column1 as role
    from (values ('numerator'), ('denominator')) as roles (column1)

),

evidence as (

    select
        district_code,
        evaluation_year,
        indicator_id,
        period,
        dimension,
        member,
        role,
        cast(sum(measure_sum) as decimal(38, 2)) as measure_sum,
        count(*) as files,
        count(measure_sum) as told_files
    from {{ ref('report_evidence') }}
    group by district_code, evaluation_year, indicator_id, period, dimension, member, role

),

sums_of_facts as (

    {%- for mart, fact, measure in sums %}
    {{ 'union all' if not loop.first }}
    select
        {{ quoted(mart) }} as mart,
        {{ quoted(measure) }} as measure,
        district_code,
        year,
        cast(sum({{ measure }}) as decimal(38, 2)) as amount
    from {{ ref(fact) }}
    group by district_code, year
    {%- endfor %}

),

totals_of_marts as (

    {%- for mart, fact, measure in sums %}
    {{ 'union all' if not loop.first }}
    select
        {{ quoted(mart) }} as mart,
        {{ quoted(measure) }} as measure,
        district_code,
        year,
        cast({{ measure }} as decimal(38, 2)) as amount
    from {{ ref(mart) }}
    where dimension = 'total' and {{ measure }} is not null
    {%- endfor %}

),

parts as (

    select
        report_values.district_code,
        report_values.evaluation_year,
        report_values.indicator_id,
        report_values.period,
        report_values.dimension,
        report_values.member,
        roles.role,
        case roles.role when 'numerator' then indicators.numerator else indicators.denominator end
            as fact_and_measure,
        case
            when roles.role = 'numerator' then report_values.numerator
            else report_values.denominator
        end as amount
    from report_values
    inner join indicators on report_values.indicator_id = indicators.indicator_id
    cross join roles
    where report_values.state in ('actual', 'provisional', 'partial')

)

select
    parts.role,
    parts.district_code,
    parts.evaluation_year,
    parts.indicator_id,
    parts.period,
    parts.member,
    parts.amount,
    evidence.measure_sum
from parts
left join evidence
    on
        parts.district_code = evidence.district_code
        and parts.evaluation_year = evidence.evaluation_year
        and parts.indicator_id = evidence.indicator_id
        and parts.period = evidence.period
        and parts.dimension = evidence.dimension
        and parts.member = evidence.member
        and parts.role = evidence.role
where
    parts.fact_and_measure is not null
    and substr(parts.fact_and_measure, 1, 24) <> 'int_school_entitlements.'
    -- where a file holds few persons, none is told
    and coalesce(evidence.told_files, 1) > 0
    and (
        coalesce(parts.amount, 0) <> coalesce(evidence.measure_sum, 0)
        or evidence.told_files < evidence.files
    )
union all
select
    'total of ' || totals_of_marts.mart as role,
    totals_of_marts.district_code,
    totals_of_marts.year as evaluation_year,
    totals_of_marts.measure as indicator_id,
    cast(null as string) as period,
    'total' as member,
    totals_of_marts.amount,
    sums_of_facts.amount as measure_sum
from totals_of_marts
left join sums_of_facts
    on
        totals_of_marts.mart = sums_of_facts.mart
        and totals_of_marts.measure = sums_of_facts.measure
        and totals_of_marts.district_code = sums_of_facts.district_code
        and totals_of_marts.year = sums_of_facts.year
where totals_of_marts.amount <> coalesce(sums_of_facts.amount, 0)
