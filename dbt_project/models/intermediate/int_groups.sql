-- One row per member of a school group.
{{ register_fact('registers.groups') }}
