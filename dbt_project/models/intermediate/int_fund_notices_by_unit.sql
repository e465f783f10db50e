-- One row per notice of funds that count towards a school's entitlement (公用经费 of the compulsory
-- stages, the addition for boarders, special needs), with the school to which its unit code leads
-- on the day of the notice; school_code is null where the crosswalk knows no such unit, or the
-- library no such school. Of two entries of a unit that are valid on one day the one that began
-- later holds.
with

fund_notices as (

    select * from {{ ref('stg_finance__fund_notices') }}

),

project_purposes as (

    select * from {{ ref('project_purposes') }}

),

crosswalk as (

    select * from {{ ref('stg_schools__crosswalk') }}

),

library as (

    select distinct
        district_code,
        school_code
    from {{ ref('stg_schools__schools') }}

),

of_entitlement as (

    select
        fund_notices.district_code,
        fund_notices.period,
        fund_notices.year,
        fund_notices.issued_on,
        fund_notices.unit_code,
        fund_notices.amount_yuan,
        fund_notices._file_id,
        fund_notices._sheet,
        fund_notices._row_number
    from fund_notices
    inner join project_purposes on fund_notices.purpose = project_purposes.purpose
    where
        project_purposes.funds_kind in ('boarder', 'special_needs')
        or (
            project_purposes.funds_kind = 'operating'
            and fund_notices.stage in ('普通小学', '普通初中', '特殊教育')
        )

),

matched as (

    select
        of_entitlement.*,
        crosswalk.school_code,
        row_number() over (
            partition by
                of_entitlement.district_code,
                of_entitlement.period,
                of_entitlement._file_id,
                of_entitlement._sheet,
                of_entitlement._row_number
            order by
                crosswalk.valid_from desc nulls last,
                crosswalk._file_id desc nulls last,
                crosswalk._row_number desc nulls last
        ) as match_place
    from of_entitlement
    left join crosswalk
        on
            of_entitlement.district_code = crosswalk.district_code
            and of_entitlement.unit_code = crosswalk.id_value
            and crosswalk.id_kind = '预算单位编码'
            and (crosswalk.valid_from is null or of_entitlement.issued_on >= crosswalk.valid_from)
            and (crosswalk.valid_to is null or of_entitlement.issued_on <= crosswalk.valid_to)

)

select
    matched.district_code,
    matched.period,
    matched.year,
    matched.unit_code,
    library.school_code,
    cast(matched.amount_yuan as decimal(38, 2)) as amount_yuan,
    matched._file_id,
    matched._sheet,
    matched._row_number
from matched
left join library
    on
        matched.district_code = library.district_code
        and matched.school_code = library.school_code
where matched.match_place = 1
