"""Speakout's one Django app: vertical slices that share an app label and a migration history."""
