"""Planning: which schools are due, who could take a morning, and whom to ask next when somebody cannot come.

Lives here: questions that need visits and volunteers together. Not here: the acts themselves, which are actions of visits.
"""
