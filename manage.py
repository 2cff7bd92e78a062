#!/usr/bin/env python3
"""Speakout's command line."""

import os
import sys


def main() -> None:
    """Run one management command, with development settings unless told otherwise."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "speakout.settings.development")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:  # a sentence for whoever set something wrong, without the way to it
        sys.exit(f"{problem}")


if __name__ == "__main__":
    main()
