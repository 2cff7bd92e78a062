"""English: as in docs/look.md, Words, as far as Django can: it writes “9:15 a.m.” for our “9:15 am”."""

DATE_FORMAT = "D j F Y"
TIME_FORMAT = "g:i a"
DATETIME_FORMAT = "D j F Y, g:i a"
