-- One row per paragraph of the written report, as its offices wrote it.
with

narratives as (

    select * from {{ ref('stg_registers__narratives') }}

),

districts as (

    select * from {{ source('landing', 'districts') }}

),

-- A waiver may let two rows of one place stand: the first of them is the paragraph.
ranked as (

    select
        narratives.*,
        districts.evaluation_year,
        row_number() over (
            partition by
                narratives.district_code,
                districts.evaluation_year,
                narratives.item,
                narratives.paragraph
            order by
                narratives._file_id nulls last,
                narratives._sheet nulls last,
                narratives._row_number nulls last
        ) as place
    from narratives
    inner join districts
        on
            narratives.district_code = districts.district_code
            and narratives.period = cast(districts.evaluation_year as string)
    where narratives.item is not null and narratives.paragraph is not null

)

select
    district_code,
    evaluation_year,
    item,
    paragraph,
    text,
    office,
    written_on,
    answered_by,
    _file_id as file_id,
    _sheet as sheet,
    cast(_row_number as int) as row_number
from ranked
where place = 1
