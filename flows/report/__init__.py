"""The written report: drafted from a release, refreshed with a later one, and its annex.

Begin with draft.py.
"""
