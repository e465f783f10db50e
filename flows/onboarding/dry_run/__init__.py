"""What `ziping sources check` does: a file is read and judged as a run would, nothing is kept.

Begin with dry_run.py.
"""
