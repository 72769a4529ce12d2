"""Persisted queries: documents that clients name by their hash."""
