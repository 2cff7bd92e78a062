"""Things taken to a session: what a type needs, where it is kept, what a session lacks and used.

Lives here: kits, stores, the stock ledger, equipment, reservations, forecasts. Not here: recording an outcome (delivery).
"""
