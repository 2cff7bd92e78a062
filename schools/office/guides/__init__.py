"""The guides of docs/ as pages: for coordinators and managers, for volunteers, of files, figures and words.

Which section belongs to which page is said in schools.office.frame.guide_sections.
"""
