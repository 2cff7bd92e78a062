"""Views of the pages for schools."""
