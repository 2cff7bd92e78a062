"""How the installation runs: its processes, their signs of life, and the work that is done again and again.

Lives here: PeriodicJob, SignOfLife, Clockwork, the list of processes. Not here: which jobs there are
(schools/office/running/jobs.py).
"""
