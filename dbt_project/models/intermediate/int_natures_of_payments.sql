-- One row per way in which a payment's 资金性质 is written: whether that is general public budget;
-- null where no list knows it. It begins with its code or with its name, and says more after it.
with

payments as (

    select * from {{ ref('stg_finance__payments') }}

),

fund_natures as (

    select * from {{ ref('fund_natures') }}

),

written as (

    select distinct funds_nature from payments
    where funds_nature is not null

)

select
    written.funds_nature,
    case
        when count(distinct fund_natures.is_general_budget) = 1
            then max(case when fund_natures.is_general_budget then 1 else 0 end) = 1
    end as is_general_budget
from written
left join fund_natures
    on
        substr(written.funds_nature, 1, length(fund_natures.begins_with))
        = fund_natures.begins_with
group by written.funds_nature
