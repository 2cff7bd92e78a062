"""The home page: what needs somebody now, the fortnight, the term's reach.

Each line links to a list of another room; nothing is changed here.
"""
