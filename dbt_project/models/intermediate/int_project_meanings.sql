-- One row per row of the project list: what kind of funds its purpose is, null where the list of
-- purposes does not know it, and the stage for which it counts: that of the project for operating
-- funds, 特殊教育 for those of pupils with special needs, none for all others.
with

projects as (

    select * from {{ ref('stg_finance__projects') }}

),

project_purposes as (

    select * from {{ ref('project_purposes') }}

)

select
    projects.district_code,
    projects.project_code,
    project_purposes.funds_kind,
    case project_purposes.funds_kind
        when 'operating' then projects.stage
        when 'special_needs' then '特殊教育'
    end as stage,
    projects.valid_from,
    projects.valid_to
from projects
left join project_purposes on projects.purpose = project_purposes.purpose
