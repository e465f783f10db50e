-- One row per payment of operating funds, with the school to which its unit code leads on the
-- day of payment; school_code is null where the crosswalk knows no such unit, or the library no
-- such school. Of two entries of a unit that are valid on one day the one that began later holds.
with

payments as (

    select * from {{ ref('int_payments_by_purpose') }}
    where funds_kind in ('operating', 'boarder', 'special_needs')

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

matched as (

    select
        payments.*,
        crosswalk.school_code,
        row_number() over (
            partition by
                payments.district_code,
                payments.period,
                payments._file_id,
                payments._sheet,
                payments._row_number
            order by
                crosswalk.valid_from desc nulls last,
                crosswalk._file_id desc nulls last,
                crosswalk._row_number desc nulls last
        ) as match_place
    from payments
    left join crosswalk
        on
            payments.district_code = crosswalk.district_code
            and payments.unit_code = crosswalk.id_value
            and crosswalk.id_kind = '预算单位编码'
            and (crosswalk.valid_from is null or payments.paid_on >= crosswalk.valid_from)
            and (crosswalk.valid_to is null or payments.paid_on <= crosswalk.valid_to)

)

select
    matched.district_code,
    matched.period,
    matched.year,
    matched.unit_code,
    library.school_code,
    matched.funds_kind,
    matched.stage,
    matched.amount_yuan,
    matched._file_id,
    matched._sheet,
    matched._row_number
from matched
left join library
    on
        matched.district_code = library.district_code
        and matched.school_code = library.school_code
where matched.match_place = 1
