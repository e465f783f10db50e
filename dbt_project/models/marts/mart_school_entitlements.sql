-- One row per school and year: entitlement, allocation and shortfall. Of school grain: internal.
with

school_entitlements as (

    select * from {{ ref('int_school_entitlements') }}

)

select
    district_code,
    year,
    school_code,
    school_name,
    entitled_yuan,
    allocated_yuan,
    shortfall_yuan
from school_entitlements
