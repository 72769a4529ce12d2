"""How much may be asked for in a while, and by whom."""
