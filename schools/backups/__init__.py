"""Backups: made, encrypted and pruned, restored into an empty place, and tried every night; how each run went is a table.

What is erased is listed lower down (schools/core/erasures.py); when the commands run is decided by whoever runs the installation.
"""
