"""Bookings: visits, their sessions, the pupils expected and counted, the volunteers who cover them.

Lives here: booking, confirming, cancelling, claiming. Not here: recording what happened (delivery), figures (reach).
"""
