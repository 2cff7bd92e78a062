"""Materials: what a session type needs, where it is kept, what a session lacks and what it used.

Lives here: kits, stores, the stock ledger, equipment, reservations, forecasts. Not here: recording an outcome (delivery).
"""
