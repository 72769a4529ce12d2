"""The local stack: every real server of production, started without root and without Docker."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = REPOSITORY / ".local"
REGIONS = ("eu", "us")
HOME_REGION = "eu"
