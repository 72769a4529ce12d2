"""GraphQL over HTTP: requests read, answers given, event streams."""
