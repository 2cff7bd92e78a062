"""Pages for somebody at a school, reached by a link from a mail, without a sign-in.

They read a link, show what is true now, and call the verbs of the slices below. No rule lives here, and no table.
"""
