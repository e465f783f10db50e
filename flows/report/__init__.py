"""The written report: drafted from a release, refreshed, checked, signed, and its annex.

Begin with draft.py.
"""
