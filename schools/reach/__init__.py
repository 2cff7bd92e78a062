"""How many pupils were reached: the figures, each defined once (docs/figures.md), and the files that export them.

Pages are not here: they are in the office. Nothing here changes a session.
"""
