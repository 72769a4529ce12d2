"""Uploads that go past the API."""

from datetime import datetime
from typing import Annotated, Self

import strawberry

from app.errors import Refusal
from app.uploads.model import Form, upload_not_found
from schema.context import Info
from schema.errors import UserError, user_errors
from schema.nodes import Kind, global_id, read_id_of


@strawberry.input(description="What is going to be uploaded.")
class CreateUploadInput:
    content_type: str = strawberry.field(
        description="One of the accepted types, else UNSUPPORTED_FORMAT: image/jpeg, image/png, "
        "image/webp, image/avif, image/heic, image/heif. What the file is, its bytes decide later."
    )
    byte_size: int = strawberry.field(
        description="An upper bound. Too large is IMAGE_TOO_LARGE, less than one BAD_USER_INPUT."
    )


@strawberry.type(description="A field of a form, to be sent as it is.")
class UploadField:
    name: str = strawberry.field(description="The name of the form part.")
    value: str = strawberry.field(description="Its value.")


@strawberry.type(
    description="A form to POST the bytes with, as multipart/form-data: each field as a form part, "
    "then the file part named `file`, last. It is good for one photo of the viewer's."
)
class UploadTicket:
    id: strawberry.ID = strawberry.field(
        description="Globally unique: the `uploadId` for `uploadPhoto`, once the bytes are there."
    )
    url: str = strawberry.field(description="Where the form is posted to; 204 is success.")
    fields: list[UploadField] = strawberry.field(description="The fields, in their order.")
    expires_at: datetime = strawberry.field(
        description="Until then the form can be posted, and the upload be used."
    )

    @classmethod
    def of(cls, form: Form) -> Self:
        """Show a form of the house."""
        return cls(
            id=global_id(Kind.UPLOAD, form.upload_id),
            url=form.url,
            fields=[UploadField(name=field.name, value=field.value) for field in form.fields],
            expires_at=form.expires_at,
        )


@strawberry.type(description="Where to send the bytes, or why there is no such place.")
class CreateUploadPayload:
    upload: UploadTicket | None = strawberry.field(description="The form; null if it was refused.")
    errors: list[UserError] = strawberry.field(description="Why it was refused.")


@strawberry.type
class UploadMutation:
    @strawberry.mutation(
        description="Where a client may send the bytes of a photo itself, straight to the object "
        "store of its region, past the API. There is a limit to how many uploads an account has "
        "open at once: LIMIT_REACHED. Needs an account."
    )
    async def create_upload(
        self,
        info: Info,
        input: Annotated[
            CreateUploadInput, strawberry.argument(description="What is going to be uploaded.")
        ],
    ) -> CreateUploadPayload:
        viewer = await info.context.signed_in()
        try:
            form = await info.context.house.forms.open(
                viewer.account_id, content_type=input.content_type, byte_size=input.byte_size
            )
        except Refusal as refusal:
            return CreateUploadPayload(upload=None, errors=user_errors(refusal))
        return CreateUploadPayload(upload=UploadTicket.of(form), errors=[])


def upload_id(node_id: str) -> int:
    """The integer in the global id of an upload; what is none is refused as UPLOAD_NOT_FOUND."""
    identifier = read_id_of(Kind.UPLOAD, node_id)
    if identifier is None:
        raise upload_not_found()
    return identifier
