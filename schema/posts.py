"""Posts; uploading and deleting."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Self

import strawberry

from app.accounts.model import gone
from app.errors import BadInputError, Refusal, RefusalCode
from app.images.service import Images
from app.paging import ListKind, Page, encode_cursors
from app.posts.model import Draft
from app.posts.model import Post as HousePost
from app.posts.publishing import Publishing
from schema.context import Context, Info
from schema.errors import UserError, user_errors
from schema.fields import BATCHED, Batched
from schema.images import Image
from schema.nodes import Kind, Node, global_id, read_id_of
from schema.pages import PageInfo, page_info
from schema.scalars import Upload
from schema.uploads import upload_id

if TYPE_CHECKING:
    from schema.accounts import User


@strawberry.enum(description="A post that is not READY is visible to its author only.")
class PostStatus(Enum):
    PROCESSING = strawberry.enum_value("PROCESSING", description="Its photo is being compressed.")
    READY = strawberry.enum_value("READY", description="Everybody can see it.")
    FAILED = strawberry.enum_value("FAILED", description="Its photo was refused; see `failure`.")


async def _load_authors(context: Context, author_ids: set[int]) -> Mapping[int, "User"]:
    from schema.accounts import User  # noqa: PLC0415 - posts have authors, authors have posts

    accounts = await context.find_accounts(author_ids)
    return {account_id: User.of(account) for account_id, account in accounts.items()}


@strawberry.type(description="A photo that somebody published.")
class Post(Node):
    author_id: strawberry.Private[int]
    memo: strawberry.Private[dict[Any, Any]] = field(
        default_factory=dict, compare=False, repr=False
    )
    description: str = strawberry.field(description="What the author says about it.")
    alt_text: str | None = strawberry.field(
        description="What is to be seen, for those who cannot see it."
    )
    created_at: datetime = strawberry.field(description="When it was uploaded.")
    status: PostStatus = strawberry.field(description="Whether it can be seen.")
    failure: str | None = strawberry.field(
        description="Why the photo was refused, in words for its author; null unless status is "
        "FAILED."
    )
    image: Image | None = strawberry.field(description="Null until status is READY.")

    @strawberry.field(
        description="Who published it.",
        metadata={BATCHED: Batched(key="author_id", load=_load_authors, is_for_all=True)},
    )
    async def author(self, info: Info) -> Annotated["User", strawberry.lazy("schema.accounts")]:
        from schema.accounts import User  # noqa: PLC0415 - posts have authors, authors have posts

        account = await info.context.accounts.load(self.author_id)
        # This post was read a moment before its author was deleted.
        return User.of(account or gone(self.author_id))

    @classmethod
    def of(cls, post: HousePost, images: Images) -> Self:
        """Show a post of the house: the same post the same way, while it is kept."""
        shown: Self | None = post.memo.get(cls)
        if shown is None:
            shown = post.memo[cls] = cls._made_of(post, images)
        return shown

    @classmethod
    def _made_of(cls, post: HousePost, images: Images) -> Self:
        return cls(
            id=global_id(Kind.POST, post.id),
            author_id=post.author_id,
            description=post.description,
            alt_text=post.alt_text,
            created_at=post.created_at,
            status=PostStatus[post.state.name],
            failure=post.failure,
            image=Image.of(post.image, images) if post.image else None,
        )


@strawberry.type(description="A post in a list of posts.")
class PostEdge:
    cursor: str = strawberry.field(description="The place behind this post.")
    node: Post = strawberry.field(description="The post.")


@strawberry.type(description="A page of somebody's posts.")
class PostConnection:
    edges: list[PostEdge] = strawberry.field(description="The posts, newest first.")
    page_info: PageInfo = strawberry.field(description="Where the page lies.")

    @classmethod
    def of(
        cls, page: Page[HousePost], author_id: int, images: Images, *, after: str | None
    ) -> Self:
        """Show a page of the posts of `author_id`."""
        cursors = encode_cursors(ListKind.POSTS, author_id, [post.id for post in page.items])
        return cls(
            edges=[
                PostEdge(cursor=cursor, node=Post.of(post, images))
                for cursor, post in zip(cursors, page.items, strict=True)
            ],
            page_info=page_info(page, cursors, after=after),
        )


@strawberry.input(description="A photo to publish.")
class UploadPhotoInput:
    image: Upload | None = strawberry.field(
        description="The bytes: JPEG, PNG, WebP, AVIF or HEIC. Either these or `uploadId`, else "
        "BAD_USER_INPUT."
    )
    upload_id: strawberry.ID | None = strawberry.field(
        description="A finished upload of the viewer's, which can be used once. One that is "
        "unknown, malformed, unfinished, used, expired or another's is UPLOAD_NOT_FOUND."
    )
    description: str | None = strawberry.field(
        default="", description="At most 2,200 characters, else INVALID_DESCRIPTION."
    )
    alt_text: str | None = strawberry.field(
        description="At most 1,000 characters, else INVALID_DESCRIPTION; some, if the account's "
        "settings ask for it (`altTextRequired`)."
    )
    idempotency_key: str | None = strawberry.field(
        description="Sent again with the same key, the mutation answers with the same post; "
        "another photo or text is IDEMPOTENCY_CONFLICT.",
    )


@strawberry.type(description="The post that was published, or why it was not.")
class UploadPhotoPayload:
    post: Post | None = strawberry.field(description="The post; null if it was refused.")
    errors: list[UserError] = strawberry.field(description="Why it was refused.")


@strawberry.input(description="A post to delete.")
class DeletePostInput:
    post_id: strawberry.ID = strawberry.field(description="One of the viewer's own posts.")


@strawberry.type(description="The post that is gone, or why it is not.")
class DeletePostPayload:
    post_id: strawberry.ID | None = strawberry.field(description="The id it had.")
    errors: list[UserError] = strawberry.field(description="Why it was refused.")


@strawberry.type
class PostMutation:
    @strawberry.mutation(
        description="Publishes a photo. It is PROCESSING until it is compressed, and then in the "
        "feed of everybody who follows its author. Needs an account."
    )
    async def upload_photo(
        self,
        info: Info,
        input: Annotated[
            UploadPhotoInput,
            strawberry.argument(description="The photo, and what is said about it."),
        ],
    ) -> UploadPhotoPayload:
        viewer = await info.context.signed_in()
        try:
            post = await _publish(info.context.house.publishing, viewer.account_id, input)
        except Refusal as refusal:
            return UploadPhotoPayload(post=None, errors=user_errors(refusal))
        return UploadPhotoPayload(post=Post.of(post, info.context.house.images), errors=[])

    @strawberry.mutation(
        description="Deletes one of the viewer's posts: it is in no feed any more, and its photo "
        "is erased. Needs an account."
    )
    async def delete_post(
        self,
        info: Info,
        input: Annotated[DeletePostInput, strawberry.argument(description="The post to delete.")],
    ) -> DeletePostPayload:
        viewer = await info.context.signed_in()
        try:
            await info.context.house.posts.delete(viewer.account_id, _post_id(input.post_id))
        except Refusal as refusal:
            return DeletePostPayload(post_id=None, errors=user_errors(refusal))
        return DeletePostPayload(post_id=input.post_id, errors=[])


async def _publish(publishing: Publishing, author_id: int, input: UploadPhotoInput) -> HousePost:
    if input.image is not None and input.upload_id is None:
        return await publishing.publish(_draft(author_id, input), input.image.file)
    if input.upload_id is not None and input.image is None:
        staged_id = upload_id(input.upload_id)
        return await publishing.publish_upload(_draft(author_id, input), staged_id)
    raise BadInputError("Exactly one of image and uploadId is wanted")


def _draft(author_id: int, input: UploadPhotoInput) -> Draft:
    return Draft(
        author_id=author_id,
        description=input.description or "",
        alt_text=input.alt_text,
        idempotency_key=input.idempotency_key,
    )


def _post_id(node_id: str) -> int:
    post_id = read_id_of(Kind.POST, node_id)
    if post_id is None:
        raise Refusal(RefusalCode.NOT_FOUND, "There is no such post.", field="post_id")
    return post_id
