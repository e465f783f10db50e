-- One row per matter, complaint or case.
{{ register_fact('registers.matters', in_year='received_on', has_school=false) }}
