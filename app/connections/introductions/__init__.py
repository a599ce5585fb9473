"""Introductions: from a request between two organisations to a result that both confirm."""
