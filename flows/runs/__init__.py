"""One nightly run: its lock and context, planning, verdicts, record, status, notification.

Begin with lifecycle.py.
"""
