"""The school register: regions, areas, authorities, schools, which school followed which, and who coordinates what.

Lives here: everything known of a school before a visit is booked, and imports of registers. Not here: visits.
"""
