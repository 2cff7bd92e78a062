"""Finding anything from any page: schools, people, visits, pages, and what one does there.

It knows the addresses of the other rooms by their names alone, and imports none but the frame.
"""
