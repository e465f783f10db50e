-- One row per volunteer of the register.
{{ register_fact('registers.volunteers', has_school=false) }}
