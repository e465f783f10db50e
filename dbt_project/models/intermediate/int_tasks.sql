-- One row per task of the register.
{{ register_fact('registers.tasks', has_school=false) }}
