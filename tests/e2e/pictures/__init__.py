"""The pictures of the guides, taken from the demo: `make pictures`."""
