"""Registers: importing them, and the lists of areas, authorities and terms.

The files are read in schools.directory.
"""
