"""What object stores have to know before they serve us."""
