-- What: no key stands twice, in seeds, staging, facts and the models of values.
-- When it matters: a row that stands twice is counted twice wherever it is joined.
-- To resolve: the first model named here is where it begins; a seed or a landed table with two
--   rows of one key is mended there, otherwise the join that doubles the rows is.
{%- set row = ['_file_id', '_sheet', '_row_number'] %}
{%- set keys = [
    ['school_types', ['type_code']],
    ['school_type_stages', ['type_code', 'stage']],
    ['founders', ['founder_code']],
    ['function_stages', ['function_code']],
    ['project_purposes', ['purpose']],
    ['staff_posts', ['post']],
    ['stages', ['stage']],
    ['standards', ['standard_id', 'region_code', 'stage', 'valid_from']],
    ['report_outline', ['framework', 'year', 'figure_id', 'part']],
    ['stg_finance__education_funds', ['district_code', 'period'] + row],
    ['stg_finance__fund_notices', ['district_code', 'period'] + row],
    ['stg_finance__payments', ['district_code', 'period'] + row],
    ['stg_finance__projects', ['district_code', 'project_code', 'valid_from']],
    ['stg_finance__student_aid', ['district_code', 'period', 'award_no']],
    ['stg_registers__counselling_rooms', ['district_code', 'period', 'school_code']],
    ['stg_schools__annual_forms', ['district_code', 'period', 'school_code', 'stage', 'grade']],
    ['stg_schools__crosswalk', ['district_code'] + row],
    ['stg_schools__schools', ['district_code', 'school_code', 'valid_from']],
    ['stg_schools__students', ['district_code', 'period'] + row],
    ['stg_staffing__guards', ['district_code', 'period'] + row],
    ['stg_staffing__staff', ['district_code', 'period', 'staff_id']],
    ['stg_staffing__trainings', ['district_code', 'period'] + row],
    ['int_allocated_funds', ['district_code', 'year'] + row],
    ['int_enrolments', ['district_code', 'period'] + row],
    ['int_school_stages', ['district_code', 'year', 'day_kind', 'school_code', 'stage']],
    ['int_schools_in_doubt', ['district_code', 'fact'] + row],
    ['int_staff_in_post', ['district_code', 'year'] + row],
    ['int_staff_in_post', ['district_code', 'year', 'staff_id']],
    ['int_units_expected', ['district_code', 'source', 'period', 'school_code', 'stage']],
    ['int_years', ['district_code', 'year']],
    ['urban_rural', ['class_code']],
    ['int_class_sizes', ['district_code', 'year'] + row],
    ['int_counselling_rooms', ['district_code', 'year'] + row],
    ['int_earmarked_payments', ['district_code', 'year'] + row],
    ['int_education_funds', ['district_code', 'year'] + row],
    ['int_education_payments', ['district_code', 'year'] + row],
    ['int_funded_students', ['district_code', 'year', 'term', 'school_code', 'stage']],
    ['int_meal_funds', ['district_code', 'year'] + row],
    ['int_operating_funds', ['district_code', 'year'] + row],
    ['int_primary_and_secondary_schools', ['district_code', 'year', 'school_code']],
    ['int_school_entitlements', ['district_code', 'year', 'school_code']],
    ['int_school_successors', ['district_code', 'year', 'school_code']],
    ['int_schools_on_days', ['district_code', 'year', 'day_kind', 'school_code']],
    ['int_security_guards', ['district_code', 'year'] + row],
    ['int_staff_training', ['district_code', 'year'] + row],
    ['int_standards_on_days', ['district_code', 'year', 'day_kind', 'standard_id', 'stage']],
    ['int_student_aid', ['district_code', 'year'] + row],
    ['int_student_months', ['district_code', 'year', 'student_months'] + row],
    ['int_training_hours', ['district_code', 'year'] + row],
    ['int_unmatched_units', ['district_code', 'source', 'period', 'fact'] + row],
    ['base_measures', ['indicator_id', 'district_code', 'period', 'dimension', 'member']],
    ['value_keys', ['value_id']],
    ['value_inputs', ['value_id']],
    ['computed_values', ['value_id']],
    ['value_standards', ['value_id']],
    ['value_states', ['value_id']],
    ['judged_values', ['value_id']],
] %}
{%- for model, columns in keys %}
{{ 'union all' if not loop.first }}
select
    '{{ model }}' as model,
    '{{ columns | join(', ') }}' as key_columns,
    cast(count(*) as bigint) as rows_of_one_key
from {{ ref(model) }}
group by {{ columns | join(', ') }}
having count(*) > 1
{%- endfor %}
