-- One row per district, census day and member: classes, and those of more than 55 and of more than
-- 65 pupils, of all schools with a compulsory stage.
with

class_sizes as (

    select * from {{ ref('int_class_sizes') }}
    where left_out is null

),

members as (

    select
        district_code,
        year,
        'stage' as dimension,
        stage as member,
        cast(sum(classes) as bigint) as classes,
        cast(sum(large_classes) as bigint) as large_classes,
        cast(sum(oversize_classes) as bigint) as oversize_classes
    from class_sizes
    group by district_code, year, stage
    union all
    select
        district_code,
        year,
        'total' as dimension,
        'total' as member,
        cast(sum(classes) as bigint) as classes,
        cast(sum(large_classes) as bigint) as large_classes,
        cast(sum(oversize_classes) as bigint) as oversize_classes
    from class_sizes
    group by district_code, year

)

select
    district_code,
    year,
    {{ period_of('census_day', 'year') }} as period,
    dimension,
    member,
    classes,
    large_classes,
    {{ ratio('large_classes', 'classes', 100) }} as large_classes_rate,
    oversize_classes,
    {{ ratio('oversize_classes', 'classes', 100) }} as oversize_classes_rate
from members
