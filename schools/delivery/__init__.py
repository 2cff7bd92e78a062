"""What happened: the one verb that records an outcome, touching visits and materials together.

Lives here: record, amend, tell. Not here: the pages it is typed on (portal, office), what is made of it (reach).
"""
