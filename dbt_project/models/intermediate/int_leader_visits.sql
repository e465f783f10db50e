-- One row per leader, school and visit of the register.
{{ register_fact('registers.leader_visits') }}
