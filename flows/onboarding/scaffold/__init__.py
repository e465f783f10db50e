"""What `ziping new-source` writes: contract, suite and staging model.

Begin with new_source.py.
"""
