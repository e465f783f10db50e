-- One row per activity of the register.
{{ register_fact('registers.activities', in_year='held_on') }}
