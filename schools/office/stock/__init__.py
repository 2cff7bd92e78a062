"""Stock: stores, equipment, kits, packing, forecast.

The ledger and its rules are in schools.materials.
"""
