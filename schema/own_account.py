"""What an account may decide about itself: its settings, and its end."""

from typing import Annotated

import strawberry

from app.errors import Refusal
from schema.accounts import User
from schema.context import Info
from schema.errors import UserError, user_errors
from schema.nodes import Kind, global_id


@strawberry.input(description="What to set; whatever is null or left out stays as it is.")
class UpdateSettingsInput:
    alt_text_required: bool | None = strawberry.field(
        description="Whether `uploadPhoto` refuses photos without an `altText`."
    )


@strawberry.type(description="The account with its settings as they are now.")
class UpdateSettingsPayload:
    viewer: User | None = strawberry.field(description="The account.")
    errors: list[UserError] = strawberry.field(description="Always empty so far.")


@strawberry.input(description="The account of the viewer, to be deleted for good.")
class DeleteAccountInput:
    password: str = strawberry.field(description="The account's password.")


@strawberry.type(description="The account that is gone, or why it is not.")
class DeleteAccountPayload:
    user_id: strawberry.ID | None = strawberry.field(description="The id it had.")
    errors: list[UserError] = strawberry.field(description="Why it was refused.")


@strawberry.type
class OwnAccountMutation:
    @strawberry.mutation(description="Sets how the viewer's account behaves. Needs an account.")
    async def update_settings(
        self,
        info: Info,
        input: Annotated[UpdateSettingsInput, strawberry.argument(description="What to set.")],
    ) -> UpdateSettingsPayload:
        viewer = await info.context.signed_in()
        account = await info.context.house.accounts.change_settings(
            viewer, alt_text_required=input.alt_text_required
        )
        return UpdateSettingsPayload(viewer=User.of(account), errors=[])

    @strawberry.mutation(
        description="Deletes the viewer's account and everything it owns, for good: it is found "
        "and followed no more, its posts are in no feed, its photos are erased, its sessions are "
        "over. Its username is free again once all of it is erased. Needs an account; attempts "
        "are limited as those to sign in are."
    )
    async def delete_account(
        self,
        info: Info,
        input: Annotated[
            DeleteAccountInput, strawberry.argument(description="That it is the viewer who asks.")
        ],
    ) -> DeleteAccountPayload:
        account = await info.context.own_account()
        await info.context.house.rates.try_to_sign_in(
            address=info.context.address, username=account.username
        )
        try:
            await info.context.house.departures.depart(
                await info.context.signed_in(), input.password
            )
        except Refusal as refusal:
            return DeleteAccountPayload(user_id=None, errors=user_errors(refusal))
        info.context.leave()
        return DeleteAccountPayload(user_id=global_id(Kind.USER, account.id), errors=[])
