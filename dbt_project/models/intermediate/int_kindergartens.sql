-- One row per kindergarten of the register.
{{ register_fact('registers.kindergartens') }}
