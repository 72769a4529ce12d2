"""Photos as files: what is accepted, how they become renditions, where their objects lie."""
