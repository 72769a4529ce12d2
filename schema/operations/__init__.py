"""Operations: what a client may ask for, at what cost, and how it is run."""
