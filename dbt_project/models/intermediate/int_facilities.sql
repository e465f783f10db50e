-- One row per course, classroom, hall or base of the register.
{{ register_fact('registers.facilities') }}
