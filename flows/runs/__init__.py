"""One nightly run: its context and log, lock, planning, validation, record, status, notification.

Begin with context.py.
"""
