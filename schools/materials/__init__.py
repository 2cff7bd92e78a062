"""Things taken to a session: what a type needs, and what a session used.

Lives here: Material, KitLine, MaterialUse. Not here: recording an outcome, which writes the use (delivery).
"""
