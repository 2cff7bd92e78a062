"""The office's lists of people who sign in, and of mail that was sent.

Who may do what is decided in schools.accounts, not here.
"""
