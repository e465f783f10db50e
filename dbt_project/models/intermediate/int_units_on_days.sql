-- One row per budget unit and day on which a payment or a notice names it: the school to which the
-- crosswalk leads on that day, what the library says of it on that day, and why it is in doubt.
-- Two entries in force that lead to two schools, or two rows of a school that differ in what
-- counts, are a conflict: neither is picked.
with

payments as (

    select * from {{ ref('stg_finance__payments') }}

),

fund_notices as (

    select * from {{ ref('stg_finance__fund_notices') }}

),

crosswalk as (

    select * from {{ ref('stg_schools__crosswalk') }}
    where id_kind = '预算单位编码'

),

schools as (

    select * from {{ ref('stg_schools__schools') }}

),

school_types as (

    select * from {{ ref('school_types') }}

),

founders as (

    select * from {{ ref('founders') }}

),

named as (

    select
        district_code,
        unit_code,
        paid_on as on_day
    from payments
    union
    select
        district_code,
        unit_code,
        issued_on as on_day
    from fund_notices

),

entries as (

    select
        named.district_code,
        named.unit_code,
        named.on_day,
        crosswalk.school_code,
        crosswalk.id_value is not null as is_known,
        crosswalk.id_value is not null
        and (crosswalk.valid_from is null or named.on_day >= crosswalk.valid_from)
        and (crosswalk.valid_to is null or named.on_day <= crosswalk.valid_to) as is_in_force
    from named
    left join crosswalk
        on
            named.district_code = crosswalk.district_code
            and named.unit_code = crosswalk.id_value

),

led as (

    select
        district_code,
        unit_code,
        on_day,
        max(case when is_known then 1 else 0 end) as known_entries,
        count(distinct case when is_in_force then school_code end) as schools_in_force,
        min(case when is_in_force then school_code end) as school_code
    from entries
    group by district_code, unit_code, on_day

),

library as (

    select
        schools.district_code,
        schools.school_code,
        schools.type_code,
        schools.valid_from,
        schools.valid_to,
        school_types.type_group,
        founders.is_public
    from schools
    left join school_types on schools.type_code = school_types.type_code
    left join founders on schools.founder_code = founders.founder_code

),

looked_up as (

    select
        led.district_code,
        led.unit_code,
        led.on_day,
        led.known_entries,
        led.schools_in_force,
        led.school_code,
        library.type_code,
        library.type_group,
        library.is_public,
        library.school_code is not null as is_known,
        library.school_code is not null
        and (library.valid_from is null or led.on_day >= library.valid_from)
        and (library.valid_to is null or led.on_day <= library.valid_to) as is_open
    from led
    left join library
        on
            led.district_code = library.district_code
            and led.school_code = library.school_code

),

judged as (

    select
        district_code,
        unit_code,
        on_day,
        school_code,
        known_entries,
        schools_in_force,
        max(case when is_known then 1 else 0 end) as known_rows,
        sum(case when is_open then 1 else 0 end) as open_rows,
        sum(case when is_open and is_public then 1 else 0 end) as public_rows,
        sum(case when is_open and not is_public then 1 else 0 end) as private_rows,
        sum(case when is_open and type_group is not null then 1 else 0 end) as typed_rows,
        count(distinct case when is_open then type_code end) as types,
        min(case when is_open then type_group end) as type_group
    from looked_up
    group by district_code, unit_code, on_day, school_code, known_entries, schools_in_force

)

select
    district_code,
    unit_code,
    on_day,
    case when schools_in_force = 1 then school_code end as school_code,
    type_group,
    case
        when open_rows > 0 and public_rows = open_rows then true
        when open_rows > 0 and private_rows = open_rows then false
    end as is_public,
    case
        when known_entries = 0 then '预算单位不在单位对照表中'
        when schools_in_force = 0 then '单位对照表中该预算单位当日无效'
        when schools_in_force > 1 then '单位对照表中该预算单位当日对应两所学校'
        when known_rows = 0 then '预算单位对应的学校不在学校代码库中'
        when open_rows = 0 then '预算单位对应的学校当日不在办'
        when public_rows > 0 and private_rows > 0 then '学校代码库中该校当日有两行且举办者不同'
        when public_rows + private_rows < open_rows then '学校的举办者不明'
        when typed_rows < open_rows then '学校的办学类型不明'
        when types > 1 then '学校代码库中该校当日有两行且办学类型不同'
    end as doubt,
    schools_in_force = 1 and known_rows > 0 and open_rows = 0 as is_closed
from judged
