"""What every racing process has in common: Django set up once, in the process from which the others are forked."""

import django

django.setup()
