-- One row per person and assignment.
{{ register_fact('staffing.assignments', in_year='since') }}
