-- One row per school and part inspected.
{{ register_fact('registers.inspections', in_year='inspected_on') }}
