"""Badges: what one looks like, printing one or many, and who printed which when."""
