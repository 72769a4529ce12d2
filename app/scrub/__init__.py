"""Objects in the stores, compared with the posts that they belong to."""
