"""The peer of our fan-out: a library of another house, in an environment of its own."""
