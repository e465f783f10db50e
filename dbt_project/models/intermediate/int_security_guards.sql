-- One row per contract of a guard that covers the last day of the year, at a school or kindergarten
-- that is open on that day; a person of two such contracts is counted with the first of them.
with

guards as (

    select * from {{ ref('stg_staffing__guards') }}

),

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}

),

on_contract as (

    select
        guards.district_code,
        guards.year,
        row_number() over (
            partition by guards.district_code, guards.year, guards.guard_id
            order by
                guards.contract_from nulls last,
                guards._file_id nulls last,
                guards._sheet nulls last,
                guards._row_number nulls last
        ) as place,
        guards._file_id,
        guards._sheet,
        guards._row_number
    from guards
    inner join schools_on_days
        on
            guards.district_code = schools_on_days.district_code
            and guards.year = schools_on_days.year
            and guards.school_code = schools_on_days.school_code
            and schools_on_days.day_kind = 'year_end'
    where
        schools_on_days.type_group not in ('higher', 'other', 'unknown')
        and guards.guard_id is not null
        and guards.contract_from <= make_date(guards.year, 12, 31)
        and (guards.contract_to is null or guards.contract_to >= make_date(guards.year, 12, 31))

)

select
    district_code,
    year,
    cast(1 as bigint) as contracts,
    cast(case when place = 1 then 1 end as bigint) as guards,
    _file_id,
    _sheet,
    _row_number
from on_contract
