"""A made-up charity of any size, for the demo and the benchmarks.

Lives here: invented people, schools and years of visits. Not here: anything that a real charity needs.
"""
