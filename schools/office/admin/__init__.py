"""Every ModelAdmin of the office, one module a slice."""
