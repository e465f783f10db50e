"""A new source: what a sample file looks like, what is proposed for it, and a dry run.

Begin with scaffold/new_source.py.
"""
