-- One row per school, stage whose money stands in its ledger, and days on which it does: the
-- stages of its own type, and those of the teaching points and attached classes that it manages. A
-- type that no list knows contradicts no stage: it may run each, or none ('其他').
with

schools as (

    select * from {{ ref('stg_schools__schools') }}

),

school_types as (

    select * from {{ ref('school_types') }}

),

school_type_stages as (

    select * from {{ ref('school_type_stages') }}

),

stages as (

    select stage from {{ ref('stages') }}
    union all
    select '其他' as stage

),

ledgers as (

    select
        district_code,
        school_code,
        type_code,
        valid_from,
        valid_to
    from schools
    union all
    select
        schools.district_code,
        schools.managing_school_code as school_code,
        schools.type_code,
        schools.valid_from,
        schools.valid_to
    from schools
    inner join school_types on schools.type_code = school_types.type_code
    where
        school_types.type_group in ('teaching_point', 'attached_class')
        and schools.managing_school_code is not null

)

select
    ledgers.district_code,
    ledgers.school_code,
    school_type_stages.stage,
    ledgers.valid_from,
    ledgers.valid_to
from ledgers
inner join school_type_stages on ledgers.type_code = school_type_stages.type_code
union
select
    ledgers.district_code,
    ledgers.school_code,
    stages.stage,
    ledgers.valid_from,
    ledgers.valid_to
from ledgers
left join school_types on ledgers.type_code = school_types.type_code
cross join stages
where school_types.type_code is null
