"""What every slice uses: nations, year groups, periods, distances, refusals, CSV.

No tables live here, and no module here imports another slice.
"""
