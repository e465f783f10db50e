-- One row per contract of a guard. It counts where it covers the last day of the year, at a school
-- or kindergarten that is open on that day; a person of two such contracts counts with the first.
with

guards as (

    select
        *,
        make_date(year, 12, 31) as last_day
    from {{ ref('stg_staffing__guards') }}

),

schools_on_days as (

    select * from {{ ref('int_schools_on_days') }}
    where day_kind = 'year_end'

),

matched as (

    select
        guards.*,
        case
            when schools_on_days.type_group in ('higher', 'other') then 'at no school'
            -- of dates that contradict each other or are empty it is not known
            when
                coalesce(guards.contract_to >= guards.contract_from, true)
                and (
                    guards.contract_from > guards.last_day
                    or guards.contract_to < guards.last_day
                )
                then 'not on contract'
            when schools_on_days.school_code is null then 'unmatched school'
            when schools_on_days.type_group = 'unknown' then 'unknown type of school'
            when guards.guard_id is null then 'no person'
            when guards.contract_from is null or guards.contract_to < guards.contract_from
                then 'no contract dates'
        end as left_out
    from guards
    left join schools_on_days
        on
            guards.district_code = schools_on_days.district_code
            and guards.year = schools_on_days.year
            and guards.school_code = schools_on_days.school_code

),

ranked as (

    select
        *,
        row_number() over (
            partition by district_code, year, guard_id, left_out
            order by
                contract_from nulls last,
                _file_id nulls last,
                _sheet nulls last,
                _row_number nulls last
        ) as place
    from matched

)

select
    district_code,
    period,
    year,
    school_code,
    left_out,
    cast(null as string) as in_doubt,
    cast(case when left_out is null then 1 end as bigint) as contracts,
    cast(case when left_out is null and place = 1 then 1 end as bigint) as guards,
    _file_id,
    _sheet,
    _row_number
from ranked
