"""One delivery becomes typed Parquet and an outcome; which delivery is active; drift.

Begin with outcome.py.
"""
