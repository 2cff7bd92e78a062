"""Registers: importing them, and the areas, authorities and terms that they fill.

Reading files is in schools.directory, not here.
"""
