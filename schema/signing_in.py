"""Signing up, in and out."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated

import strawberry

from app.accounts.model import Credentials
from app.errors import Refusal
from schema.accounts import User
from schema.context import Info
from schema.errors import UserError, user_errors


@strawberry.input(description="A new account.")
class SignUpInput:
    username: str = strawberry.field(
        description="3 to 30 of A-Z a-z 0-9 _, unique whatever its case, shown as typed."
    )
    password: str = strawberry.field(description="8 to 128 characters.")
    display_name: str | None = strawberry.field(
        description="1 to 50 characters, else the username."
    )


@strawberry.input(description="Who somebody says they are.")
class LogInInput:
    username: str = strawberry.field(description="In any case.")
    password: str = strawberry.field(description="The account's password.")


@strawberry.input(description="A session to go on with.")
class RefreshSessionInput:
    refresh_token: str = strawberry.field(description="From the last AuthPayload; works once.")


@strawberry.type(description="What a client needs to act as an account, or why it gets nothing.")
class AuthPayload:
    viewer: User | None = strawberry.field(default=None, description="The account.")
    access_token: str | None = strawberry.field(
        default=None, description="To be sent as `Authorization: Bearer …`."
    )
    refresh_token: str | None = strawberry.field(
        default=None, description="To be traded with `refreshSession`; works once."
    )
    expires_at: datetime | None = strawberry.field(
        default=None, description="When `accessToken` expires."
    )
    errors: list[UserError] = strawberry.field(
        default_factory=list, description="Why it was refused."
    )


@strawberry.type(description="Signing out cannot be refused.")
class LogOutPayload:
    errors: list[UserError] = strawberry.field(
        default_factory=list, description="Always empty so far."
    )


@strawberry.type
class SignInMutation:
    @strawberry.mutation(description="Opens an account and signs in.")
    async def sign_up(
        self,
        info: Info,
        input: Annotated[SignUpInput, strawberry.argument(description="The account to open.")],
    ) -> AuthPayload:
        await info.context.house.rates.try_to_sign_in(address=info.context.address, username=None)
        return await _answer(
            info,
            info.context.house.accounts.sign_up(input.username, input.password, input.display_name),
        )

    @strawberry.mutation(description="Signs in.")
    async def log_in(
        self,
        info: Info,
        input: Annotated[LogInInput, strawberry.argument(description="Whose account it is.")],
    ) -> AuthPayload:
        await info.context.house.rates.try_to_sign_in(
            address=info.context.address, username=input.username
        )
        return await _answer(
            info, info.context.house.accounts.log_in(input.username, input.password)
        )

    @strawberry.mutation(
        description="Trades a refresh token for a new pair. A refresh token works once; used "
        "again, it ends the session."
    )
    async def refresh_session(
        self,
        info: Info,
        input: Annotated[
            RefreshSessionInput, strawberry.argument(description="The session to go on with.")
        ],
    ) -> AuthPayload:
        return await _answer(info, info.context.house.accounts.refresh(input.refresh_token))

    @strawberry.mutation(description="Ends the session whose access token is sent.")
    async def log_out(self, info: Info) -> LogOutPayload:
        await info.context.house.accounts.log_out(await info.context.signed_in())
        return LogOutPayload()


async def _answer(info: Info, asked: Awaitable[Credentials]) -> AuthPayload:
    try:
        credentials = await asked
    except Refusal as refusal:
        return AuthPayload(errors=user_errors(refusal))
    info.context.go_on_as(credentials.viewer)
    return AuthPayload(
        viewer=User.of(credentials.account),
        access_token=credentials.access_token,
        refresh_token=credentials.refresh_token,
        expires_at=credentials.expires_at,
    )
