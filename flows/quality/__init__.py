"""Suites and waivers, and Great Expectations, which is asked their rules.

Begin with suite.py.
"""
