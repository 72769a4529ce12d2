"""Accounts that are deleted: gone at once, and then erased with all they had."""
