"""Bytes on their way in: staged by clients past the API, until a photo is published of them."""
