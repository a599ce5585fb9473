"""Paying by bank transfer: the code that fills in a transfer, and statements that say what arrived."""
