"""Leads: whom an exhibitor met, as far as each visitor agreed."""
