"""The local stack: every real server of production, started without root and without Docker."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = REPOSITORY / ".local"
WEB = SHARED / "web/app"
"""The web app's last build: what is served in `files`, and beside them the documents it sends."""

REGIONS = ("eu", "us")
HOME_REGION = "eu"
