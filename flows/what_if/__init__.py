"""What would be if a standard or an input were another: built aside, compared, never published.

Begin with trial.py.
"""
