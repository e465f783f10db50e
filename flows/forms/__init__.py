"""Workbooks for offices: templates to fill in, lists of problems to send back.

Begin with template.py.
"""
