"""Session types: what is taught, to whom, by how many people.

Lives here: SessionType and the built-in types. Not here: single sessions (visits) and what they need (materials).
"""
