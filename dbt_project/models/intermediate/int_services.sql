-- One row per school, service and term.
{{ register_fact('registers.services') }}
