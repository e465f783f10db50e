-- What: what the published tables show of counts of persons does not give 1 to 4 of them away: no
--   such count is shown, nor what they were paid, no two shown ones differ by so little, and of
--   each total with its members none is hidden or enough of it; nor does a value of the report,
--   whatever its unit is called, whose numerator or denominator counts so few.
-- When it matters: a new measure, mart or dimension may open a way to a few persons that the
--   model hidden_cells does not know.
-- To resolve: look at the rows of the mart's measure in person_cells and hidden_cells; see which
--   further count must be hidden, and write it into hidden_cells with a unit test.
with

cells as (

    select
        person_cells.*,
        case when hidden_cells.measure is null then 1 else 0 end as is_shown
    from {{ ref('person_cells') }} as person_cells
    left join {{ ref('hidden_cells') }} as hidden_cells
        on
            person_cells.mart = hidden_cells.mart
            and person_cells.measure = hidden_cells.measure
            and person_cells.district_code = hidden_cells.district_code
            and person_cells.year = hidden_cells.year
            and person_cells.dimension = hidden_cells.dimension
            and person_cells.member = hidden_cells.member

),

measures as (

    select distinct
        mart,
        measure,
        persons_unit
    from cells

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

-- what the hidden ones of a sum are together, as everybody can work it out
left_over as (

    select
        dimensions.mart,
        dimensions.measure,
        dimensions.district_code,
        dimensions.year,
        dimensions.dimension,
        cast(count(*) as bigint) as hidden,
        max(case when cells.dimension = 'total' then 1 else 0 end) as is_total_hidden,
        max(
            case
                when
                    cells.amount
                    >= 2 * ({{ var('fewest_persons_shown') }} - 1) * cells.persons_unit
                    then 1
                else 0
            end
        ) as has_large
    from dimensions
    inner join cells
        on
            dimensions.mart = cells.mart
            and dimensions.measure = cells.measure
            and dimensions.district_code = cells.district_code
            and dimensions.year = cells.year
            and cells.dimension in ('total', dimensions.dimension)
    where cells.is_shown = 0 and cells.amount > 0
    group by
        dimensions.mart,
        dimensions.measure,
        dimensions.district_code,
        dimensions.year,
        dimensions.dimension

),

totals as (

    select * from cells
    where dimension = 'total'

)

select
    'few persons are shown' as rule,
    mart,
    measure,
    district_code,
    year,
    member
from cells
where is_shown = 1 and amount > 0 and amount < {{ var('fewest_persons_shown') }} * persons_unit
union all
select
    'money of hidden persons is shown' as rule,
    cells.mart,
    cells.money_measure as measure,
    cells.district_code,
    cells.year,
    cells.member
from cells
left join {{ ref('hidden_cells') }} as hidden_cells
    on
        cells.mart = hidden_cells.mart
        and cells.money_measure = hidden_cells.measure
        and cells.district_code = hidden_cells.district_code
        and cells.year = hidden_cells.year
        and cells.dimension = hidden_cells.dimension
        and cells.member = hidden_cells.member
where
    cells.is_shown = 0
    and cells.money_measure is not null
    and hidden_cells.measure is null
union all
select
    'few persons are between two counts' as rule,
    lesser.mart,
    lesser.measure,
    lesser.district_code,
    lesser.year,
    lesser.member
from cells as lesser
inner join cells as greater
    on
        lesser.mart = greater.mart
        and lesser.district_code = greater.district_code
        and lesser.year = greater.year
        and lesser.dimension = greater.dimension
        and lesser.member = greater.member
        and lesser.persons_unit = greater.persons_unit
        and lesser.amount > 0
        and lesser.amount < greater.amount
where
    lesser.is_shown = 1
    and greater.is_shown = 1
    and greater.amount - lesser.amount < {{ var('fewest_persons_shown') }} * lesser.persons_unit
union all
select
    'a total less its members leaves what is hidden' as rule,
    left_over.mart,
    left_over.measure,
    left_over.district_code,
    left_over.year,
    left_over.dimension as member
from left_over
inner join totals
    on
        left_over.mart = totals.mart
        and left_over.measure = totals.measure
        and left_over.district_code = totals.district_code
        and left_over.year = totals.year
where
    left_over.hidden = 1
    or (left_over.is_total_hidden = 0 and left_over.has_large = 0)
union all
select
    'a value shown rests on few persons' as rule,
    members.mart,
    cells.measure,
    report_values.district_code,
    report_values.evaluation_year as year,
    report_values.member
from {{ ref('report_values') }} as report_values
inner join {{ source('landing', 'members') }} as members
    on
        report_values.indicator_id = members.indicator_id
        and report_values.dimension = members.dimension
        and report_values.member = members.member
inner join measures as cells on members.mart = cells.mart
where
    (
        cells.measure = members.numerator_measure
        and report_values.numerator > 0
        and report_values.numerator < {{ var('fewest_persons_shown') }} * cells.persons_unit
    )
    or (
        cells.measure = members.denominator_measure
        and report_values.denominator > 0
        and report_values.denominator < {{ var('fewest_persons_shown') }} * cells.persons_unit
    )
union all
select
    'few persons are shown by their unit' as rule,
    cast(null as string) as mart,
    indicator_id as measure,
    district_code,
    evaluation_year as year,
    member
from {{ ref('report_values') }}
where
    unit in ('人', '名', '人次')
    and value > 0
    and value < {{ var('fewest_persons_shown') }}
