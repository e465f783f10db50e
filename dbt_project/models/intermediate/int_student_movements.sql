-- One row per pupil who joins or leaves a school.
{{ register_fact('schools.movements', in_year='moved_on') }}
