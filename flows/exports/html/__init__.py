"""index.html of a release and the page of a night's gates, from the templates beside them.

Begin with page.py.
"""
