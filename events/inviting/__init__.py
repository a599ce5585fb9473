"""Invitations: vouchers for one use or many, places kept for them, codes that open hidden ticket types."""
