-- One row per base indicator, district, year, member, role and file: how many rows of the file
-- carry the value, what they add up to, and how many persons that are (null where it counts no
-- persons). Inputs are what a value is decided by without being summed into it.
with

measures as (

    select * from {{ source('landing', 'measures') }}

),

dimensions as (

    select distinct
        indicator_id,
        dimension
    from {{ source('landing', 'members') }}

),

files as (

    {%- for fact, relation in evident_facts().items() %}
    {%- for measure in columns_with(fact, 'measure') %}
    {%- for dimension in ['total'] + meta_of_fact(fact).get('dimensions', []) %}
    select
        {{ quoted(fact) }} as fact,
        {{ quoted(measure.name) }} as measure,
        district_code,
        year,
        {{ quoted(dimension) }} as dimension,
        {{ "'total'" if dimension == 'total' else dimension }} as member,
        _file_id as file_id,
        {{ "'[]'" if meta_of_fact(fact).get('evidence') == 'files' else json_list('_sheet') }}
            as sheets,
        cast(count(*) as bigint) as row_count,
        cast(sum({{ measure.name }}) as decimal(38, 2)) as measure_sum
    from {{ relation }}
    where
        {{ measure.name }} is not null
        {%- if dimension != 'total' %}
        and {{ dimension }} is not null
        {%- endif %}
    group by district_code, year, {{ dimension ~ ', ' if dimension != 'total' }}_file_id
    union all
    {%- endfor %}
    {%- endfor %}
    {%- endfor %}
    select
        fact,
        measure,
        district_code,
        year,
        'total' as dimension,
        'total' as member,
        _file_id as file_id,
        {{ json_list('_sheet') }} as sheets,
        cast(count(*) as bigint) as row_count,
        cast(sum(amount) as decimal(38, 2)) as measure_sum
    from {{ ref('int_register_rows') }}
    where
        measure is not null
        -- as denominators these have evidence of their own
        and fact not in ('int_primary_and_secondary_schools', 'int_staff_training')
    group by fact, measure, district_code, year, _file_id

)

select
    measures.indicator_id,
    files.district_code,
    files.year,
    files.dimension,
    files.member,
    measures.role,
    measures.mart,
    measures.fact,
    measures.measure,
    measures.source,
    files.file_id,
    files.sheets,
    files.row_count,
    files.measure_sum,
    case measures.persons_from
        when 'rows' then files.row_count
        when 'sum' then cast(files.measure_sum as bigint)
    end as persons
from files
inner join measures on files.fact = measures.fact and files.measure = measures.measure
inner join dimensions
    on
        measures.indicator_id = dimensions.indicator_id
        and files.dimension = dimensions.dimension
