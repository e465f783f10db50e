-- One row per person and role.
{{ register_fact('staffing.roles') }}
