"""What `ziping new-source` writes: contract, suite, staging model and fixture.

Begin with new_source.py.
"""
