"""Files that go out in bundles as they are: what checks a bundle, and the sheets of methods (schools.reach.bundles).

A file that went out once is never changed, so that a bundle stays the same bytes; a new one gets the next number.
"""
