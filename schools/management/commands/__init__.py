"""The commands of `manage.py`, one in each module; their names, options and output are a public interface."""
