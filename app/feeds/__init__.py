"""Feeds: timelines in the cache, the fan-out that fills them, and the reader of pages."""
