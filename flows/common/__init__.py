"""What all packages stand on: files, lock, settings, errors, masking, text, clock.

Begin with settings.py.
"""
