-- One row per due value: what of its sources is missing, which units did not report, what is set
-- aside that its readable keys do not exclude, and what else is in doubt though its rows count.
with

value_keys as (

    select * from {{ ref('value_keys') }}

),

needs_with_status as (

    select * from {{ ref('value_needs') }}

),

units_expected as (

    select * from {{ ref('int_units_expected') }}

),

quarantine as (

    select * from {{ source('landing', 'quarantine') }}

),

unmatched_units as (

    select * from {{ ref('int_unmatched_units') }}

),

doubts_of_values as (

    select * from {{ ref('value_doubts') }}

),

gaps as (

    select
        value_id,
        {{ joined_text('gap', ';') }} as gap,
        {{ json_list("source || coalesce(' ' || period, '')") }} as missing_sources
    from needs_with_status
    where not is_in_force
    group by value_id

),

source_periods as (

    select distinct
        value_id,
        district_code,
        dimension,
        member,
        source,
        period
    from needs_with_status
    where is_in_force

),

units as (

    select distinct
        source_periods.value_id,
        units_expected.source,
        units_expected.period,
        units_expected.school_code,
        units_expected.school_name,
        units_expected.is_received
    from source_periods
    inner join units_expected
        on
            source_periods.district_code = units_expected.district_code
            and source_periods.source = units_expected.source
            and source_periods.period = units_expected.period
            and (
                source_periods.dimension <> 'stage'
                or source_periods.member = units_expected.stage
                or {{ counts_special_needs('source_periods', 'units_expected.stage') }}
            )

),

-- A school of two stages of which one did not report counts as not received for the whole.
units_by_school as (

    select
        value_id,
        source,
        period,
        school_code,
        min(case when is_received then 1 else 0 end) as is_received,
        max(
            case
                when not is_received then coalesce(school_name, school_code) || '(' || period || ')'
            end
        ) as unit_missing
    from units
    group by value_id, source, period, school_code

),

units_counted as (

    select
        value_id,
        cast(count(*) as int) as units_expected,
        cast(sum(is_received) as int) as units_received,
        {{ joined_text('unit_missing', '、') }} as units_missing
    from units_by_school
    group by value_id

),

set_aside as (

    select
        district_code,
        source,
        period,
        cast(null as string) as fact,
        member,
        amount,
        -- by which rule, quarantine itself says row by row
        cast(null as string) as reason,
        file_id,
        sheet,
        row_number
    from quarantine
    where effect = 'provisional'
    union all
    select
        district_code,
        source,
        period,
        fact,
        member,
        amount,
        reason,
        _file_id as file_id,
        _sheet as sheet,
        _row_number as row_number
    from unmatched_units

),

set_aside_of_values as (

    select
        needs_with_status.value_id,
        needs_with_status.source,
        needs_with_status.period,
        needs_with_status.source_title,
        needs_with_status.owner_office,
        needs_with_status.role,
        set_aside.amount,
        set_aside.reason,
        set_aside.file_id,
        set_aside.sheet,
        set_aside.row_number,
        set_aside.member
    from needs_with_status
    inner join set_aside
        on
            needs_with_status.district_code = set_aside.district_code
            and needs_with_status.source = set_aside.source
            and needs_with_status.period = set_aside.period
            and (set_aside.fact is null or needs_with_status.fact = set_aside.fact)
            and (
                set_aside.member is null
                or needs_with_status.dimension = 'total'
                or needs_with_status.member = set_aside.member
                or {{ counts_special_needs('needs_with_status', 'set_aside.member') }}
            )

),

-- A row of a wide table is several, of one member each.
set_aside_by_member as (

    select
        value_id,
        source,
        file_id,
        sheet,
        row_number,
        member,
        max(abs(amount)) as amount,
        max(case when amount is null then 1 else 0 end) as is_without_amount,
        max(case when role = 'denominator' then 1 else 0 end) as is_in_denominator
    from set_aside_of_values
    group by value_id, source, file_id, sheet, row_number, member

),

set_aside_by_row as (

    select
        value_id,
        source,
        file_id,
        sheet,
        row_number,
        sum(amount) as amount,
        max(is_without_amount) as is_without_amount,
        max(is_in_denominator) as is_in_denominator
    from set_aside_by_member
    group by value_id, source, file_id, sheet, row_number

),

quarantined as (

    select
        value_id,
        cast(count(*) as bigint) as quarantined_rows,
        cast(coalesce(sum(amount), 0) as decimal(38, 2)) as quarantined_amount,
        cast(sum(is_without_amount) as bigint) as rows_without_amount,
        max(is_in_denominator) as is_in_denominator
    from set_aside_by_row
    group by value_id

),

doubts_counted as (

    select
        value_id,
        cast(count(*) as bigint) as doubts,
        cast(coalesce(sum(amount), 0) as decimal(38, 2)) as doubted_amount,
        cast(sum(case when amount is null then 1 else 0 end) as bigint) as doubts_without_amount,
        max(is_in_denominator) as is_in_denominator
    from doubts_of_values
    group by value_id

),

reasons as (

    select
        value_id,
        source,
        period,
        source_title,
        owner_office,
        reason,
        count(*) as places
    from doubts_of_values
    group by value_id, source, period, source_title, owner_office, reason
    union
    select
        value_id,
        source,
        period,
        source_title,
        owner_office,
        reason,
        1 as places
    from set_aside_of_values
    where reason is not null

),

reasons_by_source as (

    select
        value_id,
        source,
        period,
        source_title,
        owner_office,
        case
            when places > 1 then reason || '(' || cast(places as string) || '处)'
            else reason
        end as reason,
        row_number() over (
            partition by value_id, source, period
            order by reason
        ) as place,
        count(*) over (partition by value_id, source, period) as reasons
    from reasons

),

reasons_listed as (

    select
        value_id,
        source_title || '(' || period || ')' || {{ joined_text('reason', '、') }}
        || case when max(reasons) > 3 then '等' || cast(max(reasons) as string) || '处' else '' end
        || ',由' || owner_office || '核实' as reason
    from reasons_by_source
    where place <= 3
    group by value_id, source, period, source_title, owner_office

),

reasons_of_values as (

    select
        value_id,
        {{ joined_text('reason', ';') }} as doubt_reasons
    from reasons_listed
    group by value_id

),

in_doubt as (

    select
        value_id,
        source
    from units_by_school
    where is_received = 0
    union
    select
        value_id,
        source
    from set_aside_by_row
    union
    select
        value_id,
        source
    from doubts_of_values

),

doubtful as (

    select
        value_id,
        {{ json_list('source') }} as doubtful_sources
    from in_doubt
    group by value_id

)

select
    value_keys.value_id,
    gaps.gap,
    gaps.missing_sources,
    doubtful.doubtful_sources,
    coalesce(units_counted.units_expected, 0) as units_expected,
    coalesce(units_counted.units_received, 0) as units_received,
    units_counted.units_missing,
    coalesce(quarantined.quarantined_rows, 0) as quarantined_rows,
    coalesce(quarantined.quarantined_amount, 0) as quarantined_amount,
    coalesce(quarantined.rows_without_amount, 0) as rows_without_amount,
    coalesce(doubts_counted.doubts, 0) as doubts,
    reasons_of_values.doubt_reasons,
    cast(
        coalesce(quarantined.quarantined_amount, 0) + coalesce(doubts_counted.doubted_amount, 0)
        as decimal(38, 2)
    ) as amount_in_doubt,
    coalesce(quarantined.rows_without_amount, 0) > 0
    or coalesce(doubts_counted.doubts_without_amount, 0) > 0 as is_amount_unknown,
    coalesce(quarantined.is_in_denominator, 0) = 1
    or coalesce(doubts_counted.is_in_denominator, 0) = 1 as is_denominator_in_doubt
from value_keys
left join gaps on value_keys.value_id = gaps.value_id
left join units_counted on value_keys.value_id = units_counted.value_id
left join quarantined on value_keys.value_id = quarantined.value_id
left join doubts_counted on value_keys.value_id = doubts_counted.value_id
left join reasons_of_values on value_keys.value_id = reasons_of_values.value_id
left join doubtful on value_keys.value_id = doubtful.value_id
