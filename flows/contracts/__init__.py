"""What each source table promises: contracts, deliveries, periods.

Begin with model.py.
"""
