"""superset.zip: data sets and one dashboard of the published tables.

Begin with bundle.py.
"""
