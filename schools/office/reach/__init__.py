"""Reach: figures, what is behind them, files, pictures, doubts, returns, programs that read the figures.

The figures are defined in schools.reach, not here.
"""
