"""Views of the office's room bookings."""
