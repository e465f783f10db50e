"""A written report against the warehouse and against itself.

Begin with check.py.
"""
