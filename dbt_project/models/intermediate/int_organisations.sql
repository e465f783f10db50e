-- One row per party organisation of the register.
{{ register_fact('registers.organisations') }}
