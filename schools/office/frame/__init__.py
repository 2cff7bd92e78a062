"""What every page of the office is put together from: rights, visible rows, lists, fields, chips.

No page of its own; it imports no other room.
"""
