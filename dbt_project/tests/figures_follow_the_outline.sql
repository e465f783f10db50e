-- What: every row of the outline gives one printed figure, or one a term for a standard, in
--   its order and with a text; every open year of a district has an outline; nothing else is
--   printed.
-- When it matters: an indicator or member that is misspelt in the outline would vanish from
--   the report.
-- To resolve: compare the figure's row in seeds/report_outline.csv with the indicator's id,
--   dimension and members in the mart's YAML.
with

outline as (

    select * from {{ source('landing', 'outline') }}

),

figures as (

    select * from {{ ref('report_figures') }}

),

due as (

    select
        outline.district_code,
        outline.evaluation_year,
        outline.figure_id,
        outline.part,
        max(value_keys.formula) as formula,
        cast(count(value_keys.value_id) as bigint) as printed
    from outline
    left join {{ ref('value_keys') }} as value_keys
        on
            outline.district_code = value_keys.district_code
            and outline.evaluation_year = value_keys.evaluation_year
            and outline.evaluation_year = value_keys.year
            and outline.indicator_id = value_keys.indicator_id
            and outline.dimension = value_keys.dimension
            and outline.member = value_keys.member
    group by outline.district_code, outline.evaluation_year, outline.figure_id, outline.part

),

due_by_figure as (

    select
        district_code,
        evaluation_year,
        figure_id,
        cast(sum(printed) as bigint) as printed
    from due
    group by district_code, evaluation_year, figure_id

),

printed_by_figure as (

    select
        district_code,
        evaluation_year,
        figure_id,
        cast(count(*) as bigint) as printed
    from figures
    group by district_code, evaluation_year, figure_id

)

select
    'an open year without an outline: is the framework spelt as in the seed?' as rule,
    districts.district_code,
    districts.evaluation_year,
    districts.framework as figure_id
from {{ source('landing', 'districts') }} as districts
left join outline
    on
        districts.district_code = outline.district_code
        and districts.evaluation_year = outline.evaluation_year
where outline.figure_id is null
union all
select
    'a row of the outline without a value, or with several' as rule,
    district_code,
    evaluation_year,
    figure_id
from due
where printed = 0 or printed > case formula when 'standard' then 2 else 1 end
union all
select
    'another number of figures than the outline asks for' as rule,
    coalesce(due_by_figure.district_code, printed_by_figure.district_code) as district_code,
    coalesce(due_by_figure.evaluation_year, printed_by_figure.evaluation_year) as evaluation_year,
    coalesce(due_by_figure.figure_id, printed_by_figure.figure_id) as figure_id
from due_by_figure
full join printed_by_figure
    on
        due_by_figure.district_code = printed_by_figure.district_code
        and due_by_figure.evaluation_year = printed_by_figure.evaluation_year
        and due_by_figure.figure_id = printed_by_figure.figure_id
where coalesce(due_by_figure.printed, 0) <> coalesce(printed_by_figure.printed, 0)
union all
select
    'a figure without a text' as rule,
    district_code,
    evaluation_year,
    figure_id
from figures
where coalesce(text, '') = ''
