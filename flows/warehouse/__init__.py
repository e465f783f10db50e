"""build.duckdb: the relations landing.* over what is in force, and dbt, which builds the rest.

Begin with build.py.
"""
