"""warehouse/releases: written apart, audited, switched in by one link, never edited.

Begin with release.py.
"""
