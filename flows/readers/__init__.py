"""File formats become sheets of raw cells; spreadsheets in a process of their own.

Begin with sheets.py.
"""
