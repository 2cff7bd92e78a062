"""The calendar: by day or by volunteer, and its file for phones; and the week board.

Nothing is changed here: a morning of the board opens in its place, and is changed by the rooms whose page that is.
"""
