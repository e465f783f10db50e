"""The written report: drafted from a release, refreshed with a later one, signed and amended.

Begin with draft.py.
"""
