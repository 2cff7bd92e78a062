"""The race with other systems for volunteers: the same size, the same measure, one table (README.md beside this file)."""
