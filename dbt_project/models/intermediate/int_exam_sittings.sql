-- One row per subject of a session.
{{ register_fact('registers.exam_sittings', in_year='held_on', has_school=false) }}
