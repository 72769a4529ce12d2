"""Access tokens, signed and short-lived; refresh tokens, random and kept as hashes."""

import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt

from app.accounts.model import Viewer
from app.errors import UnauthenticatedError
from app.kept import Kept

ALGORITHM = "HS256"
AUDIENCE = "photofeed"
REFRESH_TOKEN_MAX_CHARACTERS = 256
KEPT_TOKENS_MAX = 10_000
EXPIRED = "The access token has expired"


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
    """Signs and reads access tokens (JWT, HS256).

    Whose a token is, once it has proved to be ours, is kept: only the time can change that.
    """

    def __init__(self, *, secret: str, life_seconds: int) -> None:
        self._secret = secret
        self._life = timedelta(seconds=life_seconds)
        self._read = Kept[str, _Claims](max_weight=KEPT_TOKENS_MAX, max_seconds=life_seconds)

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
        claims = self._read.find((token,)).get(token)
        if claims is None:
            claims = self._claims(token)
            self._read.put(token, claims, self._read.lease())
        elif claims.expires_at <= time.time():
            raise UnauthenticatedError(EXPIRED)
        return claims.viewer

    def _claims(self, token: str) -> "_Claims":
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                options={"require": ["sub", "sid", "exp"]},
            )
            viewer = Viewer(
                account_id=int(claims["sub"]),
                session_id=str(claims["sid"]),
                expires_at=float(claims["exp"]),
            )
            return _Claims(viewer=viewer, expires_at=int(claims["exp"]))
        except jwt.ExpiredSignatureError:
            raise UnauthenticatedError(EXPIRED) from None
        except (jwt.PyJWTError, ValueError):
            raise UnauthenticatedError("The access token is not valid") from None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Claims:
    """What a token says; it expires at that second of the epoch."""

    viewer: Viewer
    expires_at: int
