"""Forms of the office's room bookings."""
