-- One row per count of persons that is shown nowhere: what tells of 1 to 4 persons, and what is
-- needed so that a total less its members leaves nothing; and the money paid to those persons. Each
-- release is covered by itself: two releases tell what a corrected delivery moved, and not whose
-- rows.
with

cells as (

    select * from {{ ref('person_cells') }}

),

reasons as (

    select * from {{ ref('telling_cells') }}

),

members as (

    select * from {{ source('landing', 'members') }}

),

-- What a value of the report rests on is the last that is hidden for another's sake.
printed as (

    select
        mart,
        numerator_measure as measure,
        dimension,
        member
    from members
    union
    select
        mart,
        denominator_measure as measure,
        dimension,
        member
    from members

),

with_reasons as (

    select
        cells.*,
        reasons.reason,
        case when reasons.reason is null then 0 else 1 end as is_hidden,
        -- large enough for the hidden ones to be anything from 1 to 4
        case
            when cells.amount >= 2 * ({{ var('fewest_persons_shown') }} - 1) * cells.persons_unit
                then 1
            else 0
        end as is_large,
        case when printed.measure is null then 0 else 1 end as is_printed
    from cells
    left join reasons
        on
            cells.mart = reasons.mart
            and cells.measure = reasons.measure
            and cells.district_code = reasons.district_code
            and cells.year = reasons.year
            and cells.dimension = reasons.dimension
            and cells.member = reasons.member
    left join printed
        on
            cells.mart = printed.mart
            and cells.measure = printed.measure
            and cells.dimension = printed.dimension
            and cells.member = printed.member

),

dimensions as (

    select distinct
        mart,
        measure,
        district_code,
        year,
        dimension
    from cells
    where dimension <> 'total'

),

-- A total is that of its members: of each such sum, none is hidden, or enough of it.
sums as (

    select
        dimensions.dimension as summed_dimension,
        with_reasons.*
    from with_reasons
    inner join dimensions
        on
            with_reasons.mart = dimensions.mart
            and with_reasons.measure = dimensions.measure
            and with_reasons.district_code = dimensions.district_code
            and with_reasons.year = dimensions.year
            and with_reasons.dimension in ('total', dimensions.dimension)

),

counted as (

    select
        *,
        max(case when dimension = 'total' then 1 else 0 end) over (
            partition by mart, measure, district_code, year, summed_dimension
        ) as has_total,
        sum(is_hidden) over (
            partition by mart, measure, district_code, year, summed_dimension
        ) as hidden,
        sum(is_hidden * is_large) over (
            partition by mart, measure, district_code, year, summed_dimension
        ) as hidden_and_large,
        row_number() over (
            partition by mart, measure, district_code, year, summed_dimension
            order by is_hidden, 1 - is_large, is_printed, amount, dimension, member
        ) as place
    from sums
    where amount > 0

),

partners as (

    select
        mart,
        measure,
        district_code,
        year,
        dimension,
        member,
        'partner' as reason
    from counted
    where
        place = 1
        and is_hidden = 0
        and has_total = 1
        and hidden > 0
        and (hidden = 1 or hidden_and_large = 0)

),

hidden_counts as (

    select
        mart,
        measure,
        district_code,
        year,
        dimension,
        member,
        reason
    from reasons
    union
    select
        mart,
        measure,
        district_code,
        year,
        dimension,
        member,
        reason
    from partners

),

-- What 1 to 4 persons were paid tells of them as their number does.
paid_to_them as (

    select
        cells.mart,
        cells.money_measure as measure,
        cells.district_code,
        cells.year,
        cells.dimension,
        cells.member,
        'money' as reason
    from hidden_counts
    inner join cells
        on
            hidden_counts.mart = cells.mart
            and hidden_counts.measure = cells.measure
            and hidden_counts.district_code = cells.district_code
            and hidden_counts.year = cells.year
            and hidden_counts.dimension = cells.dimension
            and hidden_counts.member = cells.member
    where cells.money_measure is not null

)

select * from hidden_counts
union
select * from paid_to_them
