-- One row per figure that the report prints, in its order, with the text as it is printed.
with

outline as (

    select * from {{ source('landing', 'outline') }}

),

report_items as (

    select * from {{ ref('report_items') }}

),

value_keys as (

    select * from {{ ref('value_keys') }}

),

report_values as (

    select * from {{ ref('report_values') }}

),

-- A standard that changes within the year is printed once for each term, as parts of their own.
matched as (

    select
        outline.*,
        report_items.chapter_title,
        report_items.section_title,
        report_items.item_title,
        report_values.period,
        report_values.state,
        report_values.value,
        report_values.value_text,
        row_number() over (
            partition by outline.district_code, outline.evaluation_year, outline.figure_id
            order by outline.part nulls last, report_values.period nulls last
        ) as place_in_figure,
        dense_rank() over (
            partition by outline.district_code, outline.evaluation_year, outline.figure_id
            order by outline.part nulls last
        ) as part_in_figure
    from outline
    inner join value_keys
        on
            outline.district_code = value_keys.district_code
            and outline.evaluation_year = value_keys.evaluation_year
            and outline.evaluation_year = value_keys.year
            and outline.indicator_id = value_keys.indicator_id
            and outline.dimension = value_keys.dimension
            and outline.member = value_keys.member
    inner join report_values
        on
            value_keys.district_code = report_values.district_code
            and value_keys.evaluation_year = report_values.evaluation_year
            and value_keys.indicator_id = report_values.indicator_id
            and value_keys.period = report_values.period
            and value_keys.dimension = report_values.dimension
            and value_keys.member = report_values.member
    left join report_items
        on
            outline.framework = report_items.framework
            and outline.list_year = report_items.year
            and outline.place = report_items.place

),

scaled as (

    select
        *,
        {{ ratio('value', 'scale', 1, 10) }} as scaled_value
    from matched

),

in_steps as (

    select
        *,
        {{ ratio('scaled_value', 'coalesce(step, 1)', 1, 10) }} as steps
    from scaled

),

in_whole_steps as (

    select
        *,
        cast({{ cut('steps', 0) }} * coalesce(step, 1) as decimal(38, 10)) as whole_steps
    from in_steps

),

written as (

    select
        *,
        case
            when mode = 'judgement' then value_text
            when mode = 'round'
                then {{ printed('scaled_value', 'decimals') }} || coalesce(suffix, '')
            when mode = 'floor' and whole_steps > 0
                then
                    {{ printed('whole_steps', 'decimals') }}
                    || case
                        when scaled_value = whole_steps then suffix
                        -- 8万余人, and 4000余人
                        when suffix like '万%' then '万余' || substr(suffix, 2)
                        else '余' || suffix
                    end
            else {{ printed_exactly('scaled_value', 'decimals') }} || coalesce(suffix, '')
        end as number_text
    from in_whole_steps

)

select
    district_code,
    evaluation_year,
    figure_id,
    cast(part + place_in_figure - part_in_figure as int) as part,
    order_no,
    item_no,
    place,
    replace(
        replace(chapter_title, '{last_year}', cast(evaluation_year - 1 as string)),
        '{year}',
        cast(evaluation_year as string)
    ) as chapter_title,
    section_title,
    item_title,
    title_zh as title,
    indicator_id,
    period,
    dimension,
    member,
    case
        when publish = 'withheld' or state = 'withheld' then '不公开'
        when state = 'suppressed' then '＊'
        when state = 'not_applicable' then '不涉及'
        when state in ('missing', 'partial') then '数据缺失'
        when state = 'provisional' then number_text || '（暂定）'
        else number_text
    end as text,
    publish,
    listing,
    words
from written
order by district_code, evaluation_year, order_no, part
