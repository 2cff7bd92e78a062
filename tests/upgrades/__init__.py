"""Databases of earlier versions, and the test that today's code takes them over."""
