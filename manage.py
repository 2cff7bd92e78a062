#!/usr/bin/env python3
"""Speakout's command line."""

import os
import sys


def main() -> None:
    """Run one management command, with development settings unless told otherwise."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "speakout.settings.development")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
