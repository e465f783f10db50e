"""A figure back to the cells it comes from, and computed a second time by another way.

Begin with trace.py.
"""
