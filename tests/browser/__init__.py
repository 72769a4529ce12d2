"""A real browser that can reach nothing but this machine."""
