"""What every page of the office is made of: rights, visible rows, lists, fields, chips.

It has no page of its own and imports no other room.
"""
