"""The commands, and everything that prints: errors end as one sentence and an exit code.

Begin with main.py.
"""
