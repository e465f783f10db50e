"""A release for its readers: a page, workbooks, Superset, PostgreSQL, a data package.

Begin with html/page.py.
"""
