"""Signing up, in and out, as the tests of it ask."""

import secrets
from typing import Any

from tests.client import PASSWORD, SIGN_UP, USER, Answer, Api

AUTH = f"viewer {{ {USER} }} accessToken refreshToken expiresAt errors {{ code message path }}"
LOG_IN = f"mutation($input: LogInInput!) {{ logIn(input: $input) {{ {AUTH} }} }}"
REFRESH = f"mutation($input: RefreshSessionInput!) {{ refreshSession(input: $input) {{ {AUTH} }} }}"
LOG_OUT = "mutation { logOut { errors { code } } }"
VIEWER = "{ viewer { id username } }"


async def sign_up(api: Api, **fields: Any) -> Any:
    """Ask to open an account; returns the payload."""
    variables = {"input": {"username": f"n_{secrets.token_hex(5)}", "password": PASSWORD, **fields}}
    return (await api.ask(SIGN_UP, variables)).data["signUp"]


async def log_in(api: Api, username: str, password: str = PASSWORD) -> Any:
    """Ask to sign in; returns the payload."""
    answer = await api.ask(LOG_IN, {"input": {"username": username, "password": password}})
    return answer.data["logIn"]


async def refresh(api: Api, refresh_token: str, token: str | None = None) -> Any:
    """Ask to go on with a session; returns the payload."""
    variables = {"input": {"refreshToken": refresh_token}}
    return (await api.ask(REFRESH, variables, token=token)).data["refreshSession"]


def is_unauthenticated(answer: Answer) -> bool:
    """Whether a good access token would have been needed."""
    return answer.codes == ["UNAUTHENTICATED"]
