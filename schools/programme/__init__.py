"""What is taught, to whom, by how many.

Lives here: SessionType and the built-in ones. Not here: single sessions (visits) and what they need (materials).
"""
