"""The door for jobs: Dramatiq."""
