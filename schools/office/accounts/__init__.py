"""The office's lists of people who sign in, and of mail.

Permissions are decided in schools.accounts.
"""
