"""The charity's own page: how it is called and reached, its public texts, its measures.

What the facts mean is in schools.charity.
"""
