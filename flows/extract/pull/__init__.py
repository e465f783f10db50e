"""Live systems, asked over HTTP or SQL: landed whole or not at all.

Begin with pull.py.
"""
