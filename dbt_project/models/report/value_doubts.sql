-- One row per due value and thing that is in doubt though its rows count: what files show, and two
-- sources that differ. The amount is by how much the value may change; null is not known.
with

needs_with_status as (

    select * from {{ ref('value_needs') }}

),

landed_doubts as (

    select * from {{ source('landing', 'doubts') }}

),

register_rows as (

    select * from {{ ref('int_register_rows') }}
    where measure is not null

),

reconciliations as (

    select * from {{ ref('int_reconciliations') }}

),

-- The rows that count, by fact, dimension and member.
counted_rows as (

    {%- for fact, relation in evident_facts().items() %}
    {%- set meta = meta_of_fact(fact) %}
    {%- set has_rows = meta.get('evidence') != 'files' %}
    {%- for dimension in ['total'] + meta.get('dimensions', []) if has_rows %}
    select
        district_code,
        {{ quoted(meta.source) }} as source,
        {{ quoted(fact) }} as fact,
        {{ quoted(dimension) }} as dimension,
        {{ "'total'" if dimension == 'total' else dimension }} as member,
        _file_id,
        _sheet,
        _row_number
    from {{ relation }}
    {%- if keeps_left_out(fact) %}
    where left_out is null
    {%- endif %}
    union all
    {%- endfor %}
    {%- endfor %}
    select
        district_code,
        source,
        fact,
        'total' as dimension,
        'total' as member,
        _file_id,
        _sheet,
        _row_number
    from register_rows

),

-- What is doubtful of one row is so in the facts in which the row counts, and there of its member.
doubts_of_facts as (

    select
        landed_doubts.*,
        cast(null as string) as fact,
        cast(null as string) as dimension,
        landed_doubts.member as of_member
    from landed_doubts
    union all
    select distinct
        landed_doubts.*,
        counted_rows.fact,
        counted_rows.dimension,
        counted_rows.member as of_member
    from landed_doubts
    inner join counted_rows
        on
            landed_doubts.district_code = counted_rows.district_code
            and landed_doubts.source = counted_rows.source
            and landed_doubts.file_id = counted_rows._file_id
            and landed_doubts.sheet = counted_rows._sheet
            and landed_doubts.row_number = counted_rows._row_number
    where landed_doubts.is_of_row

),

-- Each counts for itself: what is wrong in two places is not netted, nor the larger of them.
landed_doubts_of_values as (

    select
        needs_with_status.value_id,
        needs_with_status.source,
        needs_with_status.period,
        needs_with_status.source_title,
        needs_with_status.owner_office,
        doubts_of_facts.reason,
        doubts_of_facts.rule,
        doubts_of_facts.unit,
        doubts_of_facts.member,
        doubts_of_facts.file_id,
        doubts_of_facts.sheet,
        doubts_of_facts.row_number,
        max(abs(doubts_of_facts.amount)) as amount,
        max(case when needs_with_status.role = 'denominator' then 1 else 0 end)
            as is_in_denominator
    from needs_with_status
    inner join doubts_of_facts
        on
            needs_with_status.district_code = doubts_of_facts.district_code
            and needs_with_status.source = doubts_of_facts.source
            and needs_with_status.period = doubts_of_facts.period
            and case
                when doubts_of_facts.is_of_row and needs_with_status.has_its_rows
                    then
                        needs_with_status.fact = doubts_of_facts.fact
                        and needs_with_status.dimension in ('total', doubts_of_facts.dimension)
                else doubts_of_facts.fact is null
            end
            and (
                (doubts_of_facts.of_member is null and doubts_of_facts.fact is null)
                or needs_with_status.dimension = 'total'
                or needs_with_status.member = doubts_of_facts.of_member
                or {{ counts_special_needs('needs_with_status', 'doubts_of_facts.of_member') }}
            )
    group by
        needs_with_status.value_id,
        needs_with_status.source,
        needs_with_status.period,
        needs_with_status.source_title,
        needs_with_status.owner_office,
        doubts_of_facts.reason,
        doubts_of_facts.rule,
        doubts_of_facts.unit,
        doubts_of_facts.member,
        doubts_of_facts.file_id,
        doubts_of_facts.sheet,
        doubts_of_facts.row_number

),

-- Two sources that tell one thing and differ: by how much a figure is wrong nobody knows.
reconciliations_of_values as (

    select
        needs_with_status.value_id,
        needs_with_status.source,
        needs_with_status.period,
        needs_with_status.source_title,
        needs_with_status.owner_office,
        reconciliations.reason,
        reconciliations.reconciliation_id as rule,
        reconciliations.unit,
        reconciliations.member,
        cast(null as string) as file_id,
        cast(null as string) as sheet,
        cast(null as bigint) as row_number,
        cast(null as decimal(38, 2)) as amount,
        max(case when needs_with_status.role = 'denominator' then 1 else 0 end)
            as is_in_denominator
    from needs_with_status
    inner join reconciliations
        on
            needs_with_status.district_code = reconciliations.district_code
            and needs_with_status.source = reconciliations.source
            and needs_with_status.period = reconciliations.period
            and (
                reconciliations.fact is null
                or needs_with_status.fact = reconciliations.fact
            )
            and (
                reconciliations.member is null
                or needs_with_status.dimension = 'total'
                or needs_with_status.member = reconciliations.member
                or {{ counts_special_needs('needs_with_status', 'reconciliations.member') }}
            )
    group by
        needs_with_status.value_id,
        needs_with_status.source,
        needs_with_status.period,
        needs_with_status.source_title,
        needs_with_status.owner_office,
        reconciliations.reason,
        reconciliations.reconciliation_id,
        reconciliations.unit,
        reconciliations.member

)

select
    value_id,
    source,
    period,
    source_title,
    owner_office,
    reason,
    rule,
    unit,
    member,
    file_id,
    sheet,
    row_number,
    amount,
    is_in_denominator
from landed_doubts_of_values
union all
select
    value_id,
    source,
    period,
    source_title,
    owner_office,
    reason,
    rule,
    unit,
    member,
    file_id,
    sheet,
    row_number,
    amount,
    is_in_denominator
from reconciliations_of_values
