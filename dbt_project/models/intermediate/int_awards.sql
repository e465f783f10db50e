-- One row per award, or set of works sent to a competition.
{{ register_fact('registers.awards', has_school=false) }}
