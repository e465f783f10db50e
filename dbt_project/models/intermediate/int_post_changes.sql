-- One row per change of posts.
{{ register_fact('staffing.post_changes', has_school=false) }}
