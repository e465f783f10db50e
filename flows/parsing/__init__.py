"""Sheets of raw cells become typed rows under a contract, each other row accounted for.

Begin with file_parser.py.
"""
