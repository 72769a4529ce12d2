"""Following and unfollowing."""

from typing import Annotated

import strawberry

from app.errors import Refusal, RefusalCode
from schema.accounts import User
from schema.context import Info
from schema.errors import UserError, user_errors
from schema.nodes import Kind, read_id_of


@strawberry.input(description="An account to follow.")
class FollowInput:
    user_id: strawberry.ID = strawberry.field(description="Anybody but the viewer.")


@strawberry.type(description="The account that is followed now, or why it is not.")
class FollowPayload:
    user: User | None = strawberry.field(description="The account, as it is now.")
    errors: list[UserError] = strawberry.field(description="Why it was refused.")


@strawberry.input(description="An account to follow no more.")
class UnfollowInput:
    user_id: strawberry.ID = strawberry.field(description="Harmless if it is not followed.")


@strawberry.type(description="The account that is not followed any more, or why it still is.")
class UnfollowPayload:
    user: User | None = strawberry.field(description="The account, as it is now.")
    errors: list[UserError] = strawberry.field(description="Why it was refused.")


@strawberry.type
class FollowMutation:
    @strawberry.mutation(
        description="Follows an account: its posts, earlier ones too, are in the viewer's feed "
        "from the next read on. Needs an account."
    )
    async def follow(
        self,
        info: Info,
        input: Annotated[FollowInput, strawberry.argument(description="Whom to follow.")],
    ) -> FollowPayload:
        viewer = await info.context.signed_in()
        try:
            account = await info.context.house.follows.follow(
                viewer.account_id, _account_id(input.user_id)
            )
        except Refusal as refusal:
            return FollowPayload(user=None, errors=user_errors(refusal))
        return FollowPayload(user=User.of(account), errors=[])

    @strawberry.mutation(
        description="Follows an account no more: none of its posts is in the viewer's feed from "
        "the next read on. Needs an account."
    )
    async def unfollow(
        self,
        info: Info,
        input: Annotated[UnfollowInput, strawberry.argument(description="Whom to follow no more.")],
    ) -> UnfollowPayload:
        viewer = await info.context.signed_in()
        try:
            account = await info.context.house.follows.unfollow(
                viewer.account_id, _account_id(input.user_id)
            )
        except Refusal as refusal:
            return UnfollowPayload(user=None, errors=user_errors(refusal))
        return UnfollowPayload(user=User.of(account), errors=[])


def _account_id(user_id: str) -> int:
    account_id = read_id_of(Kind.USER, user_id)
    if account_id is None:
        raise Refusal(RefusalCode.NOT_FOUND, "There is no such account.", field="user_id")
    return account_id
