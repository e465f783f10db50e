-- One row per district, open evaluation year and printed figure: the list of the framework for the
-- year, or the nearest earlier one, or the first.
with

districts as (

    select * from {{ source('landing', 'districts') }}

),

report_outline as (

    select * from {{ ref('report_outline') }}

),

report_items as (

    select * from {{ ref('report_items') }}

),

lists as (

    select distinct
        framework,
        year
    from report_outline

),

ranked as (

    select
        districts.district_code,
        districts.evaluation_year,
        lists.framework,
        lists.year as list_year,
        row_number() over (
            partition by districts.district_code, districts.evaluation_year
            order by
                case when lists.year <= districts.evaluation_year then 0 else 1 end nulls last,
                abs(lists.year - districts.evaluation_year) nulls last,
                lists.year nulls last
        ) as place
    from districts
    inner join lists on districts.framework = lists.framework

)

select
    ranked.district_code,
    ranked.evaluation_year,
    report_outline.figure_id,
    report_outline.part,
    report_outline.order_no,
    report_outline.item_no,
    report_outline.place,
    report_items.chapter_title,
    report_items.section_title,
    report_items.item_title,
    report_outline.title_zh,
    coalesce(report_outline.indicator_id, {{ not_covered('report_outline') }}) as indicator_id,
    report_outline.dimension,
    report_outline.member,
    report_outline.mode,
    report_outline.scale,
    report_outline.step,
    report_outline.decimals,
    report_outline.suffix,
    report_outline.publish,
    report_outline.listing,
    report_outline.words
from ranked
inner join report_outline
    on
        ranked.framework = report_outline.framework
        and ranked.list_year = report_outline.year
left join report_items
    on
        report_outline.framework = report_items.framework
        and report_outline.year = report_items.year
        and report_outline.place = report_items.place
where ranked.place = 1
