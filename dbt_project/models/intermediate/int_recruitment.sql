-- One row per plan of recruitment.
{{ register_fact('staffing.recruitment', has_school=false) }}
