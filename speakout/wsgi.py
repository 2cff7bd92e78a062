"""The WSGI entry for gunicorn, with production settings unless DJANGO_SETTINGS_MODULE says otherwise."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from schools.running.start import make_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "speakout.settings.production")
application = get_wsgi_application()
if not settings.DEBUG:  # a developer's server starts anew with each change, and needs a few pages only
    make_ready()
