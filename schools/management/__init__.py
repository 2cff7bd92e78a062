"""Holds the commands, where Django looks for them."""
