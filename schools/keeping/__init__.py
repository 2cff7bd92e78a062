"""What is kept of people: how long and why, the nightly purge, and what is given to somebody who asks what is held on them.

Erasing itself lives below (schools/erasing), and so does the registry of columns by which a person's rows are known. No page is
made here, and no mail.
"""
