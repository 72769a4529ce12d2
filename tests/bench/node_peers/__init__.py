"""GraphQL servers of Node that answer the same query with the same pages, from the same reads."""
