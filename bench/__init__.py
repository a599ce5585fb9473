"""Benchmarks: the product's hot paths beside a baseline measured in the same run. Not part of the application."""
