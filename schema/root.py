"""The schema: every query, mutation and subscription in one place."""

from collections.abc import Sequence
from typing import Annotated

import strawberry
from graphql import GraphQLObjectType, GraphQLSchema, Undefined
from strawberry.schema.config import StrawberryConfig

from app.errors import BadInputError
from schema.accounts import User
from schema.context import Info
from schema.feeds import FeedQuery
from schema.follows import FollowMutation
from schema.live import LiveSubscription
from schema.nodes import Kind, Node, read_global_id, read_id_of
from schema.own_account import OwnAccountMutation
from schema.posts import Post, PostMutation
from schema.scalars import SCALARS
from schema.signing_in import SignInMutation
from schema.uploads import UploadMutation

NODES_MAX = 100
NodeId = Annotated[strawberry.ID, strawberry.argument(description="A global id.")]
NodeIds = Annotated[list[strawberry.ID], strawberry.argument(description="Global ids.")]
Username = Annotated[str, strawberry.argument(description="In any case.")]


@strawberry.type(description="What can be read. Reading needs no account, except where it says so.")
class Query(FeedQuery):
    @strawberry.field(
        description="Null for an id that is unknown, malformed, deleted or not the viewer's to "
        "see; `nodes` and `post` likewise."
    )
    async def node(self, info: Info, id: NodeId) -> Node | None:
        return (await _nodes(info, [id]))[0]

    @strawberry.field(description="In the order asked; at most 100 ids, else BAD_USER_INPUT.")
    async def nodes(self, info: Info, ids: NodeIds) -> list[Node | None]:
        if len(ids) > NODES_MAX:
            raise BadInputError(f"At most {NODES_MAX} ids at once, not {len(ids)}")
        return await _nodes(info, ids)

    @strawberry.field(description="The signed-in account, or null.")
    async def viewer(self, info: Info) -> User | None:
        viewer_id = await info.context.viewer_id()
        account = None if viewer_id is None else await info.context.accounts.load(viewer_id)
        return User.of(account) if account else None

    @strawberry.field(description="An account by its username, whatever its case.")
    async def user(self, info: Info, username: Username) -> User | None:
        await info.context.viewer()
        account = await info.context.house.accounts.find_by_username(username)
        return User.of(account) if account else None

    @strawberry.field(description="A post by its id.")
    async def post(self, info: Info, id: NodeId) -> Post | None:
        viewer_id = await info.context.viewer_id()
        post_id = read_id_of(Kind.POST, id)
        if post_id is None:
            return None
        post = (await info.context.house.posts.find_visible([post_id], viewer_id)).get(post_id)
        return Post.of(post, info.context.house.images) if post else None


@strawberry.type(description="What can be changed.")
class Mutation(SignInMutation, OwnAccountMutation, UploadMutation, PostMutation, FollowMutation):
    pass


@strawberry.type(description="What can be listened to.")
class Subscription(LiveSubscription):
    pass


async def _nodes(info: Info, node_ids: Sequence[str]) -> list[Node | None]:
    viewer_id = await info.context.viewer_id()
    house = info.context.house
    wanted = [read_global_id(node_id) for node_id in node_ids]
    posts = await house.posts.find_visible(_of_kind(wanted, Kind.POST), viewer_id)
    accounts = await house.accounts.find_many(_of_kind(wanted, Kind.USER))
    found: dict[tuple[Kind, int], Node] = {
        **{(Kind.POST, i): Post.of(post, house.images) for i, post in posts.items()},
        **{(Kind.USER, i): User.of(account) for i, account in accounts.items()},
    }
    return [found.get(node) if node else None for node in wanted]


def _of_kind(nodes: Sequence[tuple[Kind, int] | None], kind: Kind) -> set[int]:
    return {node[1] for node in nodes if node and node[0] is kind}


class Schema(strawberry.Schema):
    """The schema; operations are run on its `core`."""

    @property
    def core(self) -> GraphQLSchema:
        """The schema as graphql-core has it."""
        return self._schema

    def leave_null_out(self) -> None:
        """Give arguments no default where it would be null.

        Python needs `= None` to make an argument optional; clients would read it as a default.
        """
        objects = (t for t in self._schema.type_map.values() if isinstance(t, GraphQLObjectType))
        fields = (field for each in objects for field in each.fields.values())
        for argument in (argument for field in fields for argument in field.args.values()):
            if argument.default_value is None:
                argument.default_value = Undefined


def build_schema(*, sort: bool = False) -> Schema:
    """Build the schema; sorted it can be printed, but not run: sorting makes enums anew."""
    schema = Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[User, Post],
        config=StrawberryConfig(scalar_map=SCALARS, sort_schema=sort),
    )
    schema.leave_null_out()
    return schema
