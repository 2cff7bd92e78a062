"""Words that every slice speaks: nations, year groups, periods, distances, refusals, CSV.

No tables live here, and nothing here knows another slice.
"""
