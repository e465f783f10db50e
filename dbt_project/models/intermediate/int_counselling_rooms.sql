-- One row per school of the register.
{{ register_fact('registers.counselling_rooms') }}
