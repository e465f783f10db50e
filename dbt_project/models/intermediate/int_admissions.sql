-- One row per school and stage.
{{ register_fact('registers.admissions') }}
