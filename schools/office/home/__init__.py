"""Home: what needs somebody now, the fortnight, the term's reach.

Each line leads to a list of another room; nothing is changed here.
"""
