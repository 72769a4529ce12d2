"""The web app: what a build of it is made of, and how it is served."""
