"""What is kept beside the truth for speed: counts, pull flags and timelines, checked and mended."""
