"""Access tokens, signed and short-lived; refresh tokens, random and kept as hashes."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt

from app.accounts.model import Viewer
from app.errors import UnauthenticatedError

ALGORITHM = "HS256"
AUDIENCE = "photofeed"
REFRESH_TOKEN_MAX_CHARACTERS = 256


@dataclass(frozen=True, kw_only=True, slots=True)
class RefreshToken:
    """A refresh token: the session it belongs to, and the secret that is traded in."""

    session_id: str
    secret: str

    def __str__(self) -> str:
        return f"{self.session_id}.{self.secret}"

    def hash(self) -> str:
        """Hex SHA-256 of the secret; it has 256 random bits, so no salt is needed."""
        return hashlib.sha256(self.secret.encode()).hexdigest()


def new_session_id() -> str:
    """128 random bits."""
    return secrets.token_urlsafe(16)


def new_refresh_token(session_id: str) -> RefreshToken:
    """Draw a new secret for a session."""
    return RefreshToken(session_id=session_id, secret=secrets.token_urlsafe(32))


def parse_refresh_token(token: str) -> RefreshToken | None:
    """Take a refresh token apart; None if it is none."""
    session_id, separator, secret = token.partition(".")
    if len(token) > REFRESH_TOKEN_MAX_CHARACTERS or not (session_id and separator and secret):
        return None
    return RefreshToken(session_id=session_id, secret=secret)


class AccessTokens:
    """Signs and reads access tokens (JWT, HS256)."""

    def __init__(self, *, secret: str, life_seconds: int) -> None:
        self._secret = secret
        self._life = timedelta(seconds=life_seconds)

    def sign(self, viewer: Viewer) -> tuple[str, datetime]:
        """Make a token for a viewer; returns it with the moment it expires."""
        expires_at = (datetime.now(UTC) + self._life).replace(microsecond=0)
        claims = {
            "sub": str(viewer.account_id),
            "sid": viewer.session_id,
            "aud": AUDIENCE,
            "exp": expires_at,
        }
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM), expires_at

    def read(self, token: str) -> Viewer:
        """Whom a token was made for.

        Raises:
            UnauthenticatedError: it is expired, or not one of ours.
        """
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                options={"require": ["sub", "sid", "exp"]},
            )
            return Viewer(account_id=int(claims["sub"]), session_id=str(claims["sid"]))
        except jwt.ExpiredSignatureError:
            raise UnauthenticatedError("The access token has expired") from None
        except (jwt.PyJWTError, ValueError):
            raise UnauthenticatedError("The access token is not valid") from None
