"""The school register: regions, areas, authorities, schools, how they follow one another, and who coordinates what.

Lives here: everything known of a school before a visit is booked; imports of registers. Not here: visits.
"""
