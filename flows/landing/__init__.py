"""One delivery becomes typed Parquet and a verdict; which delivery is in force; drift.

Begin with acceptance.py.
"""
