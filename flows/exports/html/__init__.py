"""index.html of a release and the data quality report of a run, from the templates beside them.

Begin with page.py.
"""
