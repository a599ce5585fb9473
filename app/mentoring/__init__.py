"""Mentoring: availability, bookings that cannot clash, sessions, goals, and the programmes that watch over them."""
