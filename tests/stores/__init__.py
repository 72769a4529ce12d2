"""Stores against real servers."""
