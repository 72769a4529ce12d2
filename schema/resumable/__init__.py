"""Resumable uploads over HTTP: the protocol tus, version 1.0."""
