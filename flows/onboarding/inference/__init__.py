"""What a sample file looks like: its header, columns, period and totals, without a contract.

Begin with inspect.py.
"""
