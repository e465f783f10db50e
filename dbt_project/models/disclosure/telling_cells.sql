-- One row per count of persons that tells of 1 to 4 of them: it counts so few, in all or of one
-- census, or it is so close to the whole of them that so few are left.
with

cells as (

    select * from {{ ref('person_cells') }}

),

base_evidence as (

    select * from {{ ref('base_evidence') }}

),

files as (

    select
        source,
        district_code,
        file_id,
        min(period) as period
    from {{ source('landing', 'deliveries') }}
    group by source, district_code, file_id

),

-- A value of two censuses and another of the same two would give each of them away.
persons_of_a_census as (

    select
        base_evidence.indicator_id,
        base_evidence.mart,
        base_evidence.measure,
        base_evidence.district_code,
        base_evidence.year,
        base_evidence.dimension,
        base_evidence.member,
        files.period,
        sum(base_evidence.persons) as persons
    from base_evidence
    inner join files
        on
            base_evidence.source = files.source
            and base_evidence.district_code = files.district_code
            and base_evidence.file_id = files.file_id
    where base_evidence.persons is not null
    group by
        base_evidence.indicator_id,
        base_evidence.mart,
        base_evidence.measure,
        base_evidence.district_code,
        base_evidence.year,
        base_evidence.dimension,
        base_evidence.member,
        files.period

),

few as (

    select
        mart,
        measure,
        district_code,
        year,
        dimension,
        member
    from cells
    where amount > 0 and amount < {{ var('fewest_persons_shown') }} * persons_unit
    union
    select
        mart,
        measure,
        district_code,
        year,
        dimension,
        member
    from persons_of_a_census
    where persons > 0 and persons < {{ var('fewest_persons_shown') }}

),

with_whole as (

    select
        *,
        max(amount) over (
            partition by mart, district_code, year, dimension, member, persons_unit
        ) as whole
    from cells
    where amount > 0

),

far_from_whole as (

    select * from with_whole
    where whole - amount >= {{ var('fewest_persons_shown') }} * persons_unit

),

nearly_whole as (

    select
        mart,
        measure,
        district_code,
        year,
        dimension,
        member
    from with_whole
    where amount < whole and whole - amount < {{ var('fewest_persons_shown') }} * persons_unit
    union
    select
        lesser.mart,
        lesser.measure,
        lesser.district_code,
        lesser.year,
        lesser.dimension,
        lesser.member
    from far_from_whole as lesser
    inner join far_from_whole as greater
        on
            lesser.mart = greater.mart
            and lesser.district_code = greater.district_code
            and lesser.year = greater.year
            and lesser.dimension = greater.dimension
            and lesser.member = greater.member
            and lesser.persons_unit = greater.persons_unit
    where
        lesser.amount < greater.amount
        and greater.amount - lesser.amount < {{ var('fewest_persons_shown') }} * lesser.persons_unit

),

given_away as (

    select
        *,
        'few' as reason
    from few
    union all
    select
        *,
        'nearly_whole' as reason
    from nearly_whole

)

select
    mart,
    measure,
    district_code,
    year,
    dimension,
    member,
    min(reason) as reason
from given_away
group by mart, measure, district_code, year, dimension, member
