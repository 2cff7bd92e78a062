"""People who sign in, and what their role allows.

Lives here: User, the four roles, sign-in. Not here: who coordinates which area (directory), who volunteers (volunteers).
"""
