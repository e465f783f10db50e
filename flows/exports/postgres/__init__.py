"""The published tables in PostgreSQL, where BI tools read.

Begin with publish.py.
"""
