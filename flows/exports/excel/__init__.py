"""report.xlsx, as officials read and print it.

Begin with report.py.
"""
