"""The people who go to schools, and whether they may: clearances, sign-offs, when and where they can.

Lives here: Volunteer and all that is known of one. Not here: which sessions they cover (visits).
"""
