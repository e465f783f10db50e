-- One row per value of the city or the province.
{{ register_fact('registers.reference_values', has_school=false) }}
