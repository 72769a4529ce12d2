"""The door for people: GraphQL over HTTP and WebSocket."""
