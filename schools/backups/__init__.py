"""Backups: made, encrypted, pruned, restored into an empty place, and tried every night."""
