"""Session types: what is taught, to whom, by how many people; and their packs: what a school gets of them beforehand.

Lives here: SessionType, the built-in types, PackItem. Not here: single sessions (visits) and what they need (materials).
"""
