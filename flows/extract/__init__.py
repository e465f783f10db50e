"""What is received: files from the inbox, pulls of live systems, and the kept bytes of both.

Begin with raw_store.py.
"""
