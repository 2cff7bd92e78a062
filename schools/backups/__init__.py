"""Backups: made, encrypted and pruned, restored into an empty place, and tried every night; how each run went is a table.

What is erased is listed lower down (schools/core/erasures.py). Nothing here runs by itself: the clock starts it
(schools/office/running).
"""
