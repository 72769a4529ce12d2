"""Running Photofeed: here with `make up`, and in production with compose."""
