-- One row per construction project of the register.
{{ register_fact('registers.projects', has_school=false) }}
