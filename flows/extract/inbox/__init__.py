"""Files and archives in raw/inbox: which are new, whose they are, which have to wait.

Begin with scan.py.
"""
