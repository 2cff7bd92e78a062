"""The way back in for somebody who is locked out: two people agree, the person can stop it, and it takes effect after a wait.

Lives here: what was asked, the record of every step, trustees, the links in the mails. Not here: what a second factor is, and who
may sign in (accounts); a change of address by somebody who reads both mailboxes (volunteers).
"""
