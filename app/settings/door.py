"""Settings of the GraphQL door: what it opens, and its limits."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings

from app.settings.fields import Count, Origins, Seconds

_AS_ENVIRONMENT = "Unless set: in development, not in production."


class DoorSettings(BaseSettings):
    """What a deployment may choose of the GraphQL door."""

    environment: Literal["development", "production"] = Field(
        default="production",
        description="`development` opens what eases the work on a client; production hides it.",
    )
    allowed_origins: Origins = Field(
        default=(), description="Origins beside our own whose pages may call the API, as JSON."
    )
    playground_folder: Path | None = Field(
        default=None, description="The playground's files; without them there is no playground."
    )
    playground_open: bool | None = Field(
        default=None, description=f"Whether there is a playground. {_AS_ENVIRONMENT}"
    )
    introspection_open: bool | None = Field(
        default=None, description=f"Whether the schema can be asked for itself. {_AS_ENVIRONMENT}"
    )
    sdl_open: bool | None = Field(
        default=None, description=f"Whether `/schema.graphql` is served. {_AS_ENVIRONMENT}"
    )
    suggestions_shown: bool | None = Field(
        default=None, description=f"Whether errors say `Did you mean …`. {_AS_ENVIRONMENT}"
    )
    get_runs_anything: bool | None = Field(
        default=None,
        description="Whether a GET may run a document that is neither persisted nor trusted, "
        f"without a preflight header. {_AS_ENVIRONMENT}",
    )

    trusted_documents_file: Path | None = Field(
        default=None, description="Trusted documents: a JSON object, SHA-256 to document."
    )
    trusted_documents_only: bool = Field(
        default=False, description="Refuse every document that is not trusted."
    )
    persisted_query_seconds: Count = Field(
        default=2_592_000, description="How long a persisted query is kept that nobody asks for."
    )

    operation_max_bytes: Count = Field(
        default=256 * 1024, description="Largest body of a request, files of a form aside."
    )
    operation_tokens_max: Count = Field(default=4_000, description="Most tokens of a document.")
    operation_depth_max: Count = Field(default=15, description="Deepest nesting of fields.")
    operation_aliases_max: Count = Field(default=30, description="Most aliases of a document.")
    operation_root_fields_max: int = Field(
        gt=0,
        le=500,
        default=20,
        description="Most fields at the root; 500 at most.",
    )
    operation_directives_max: Count = Field(
        default=50, description="Most directives of a document."
    )
    operation_comparisons_max: Count = Field(
        default=25_000,
        description="Most pairs of fields, or of fragments, that validation has to compare.",
    )
    operation_cost_max: Count = Field(
        default=10_000, description="Highest cost of an operation: objects it may answer with."
    )
    operation_errors_max: Count = Field(
        default=5, description="Most errors that an answer tells of."
    )
    operation_max_seconds: Seconds = Field(
        default=30, description="Deadline of a query or a mutation."
    )
    socket_operations_max: Count = Field(
        default=50, description="Operations at once on one WebSocket."
    )
    socket_message_max_bytes: int = Field(
        gt=0,
        le=1024 * 1024,  # above it uvicorn hangs up first
        default=64 * 1024,
        description="Largest message that a WebSocket takes; 1 MiB at most.",
    )

    rate_window_seconds: Count = Field(
        default=60, description="What the two rates below are counted over."
    )
    rate_viewer_max_cost: Count = Field(
        default=100_000, description="Cost that one account may cause in a window."
    )
    rate_address_max_cost: Count = Field(
        default=300_000, description="Cost that one address may cause in a window."
    )
    sign_in_window_seconds: Count = Field(
        default=300, description="What the two rates below are counted over."
    )
    sign_in_account_max_attempts: Count = Field(
        default=10, description="Attempts to sign in to one account in a window."
    )
    sign_in_address_max_attempts: Count = Field(
        default=100, description="Attempts to sign up or in from one address in a window."
    )

    compiled_execution: bool = Field(
        default=True, description="Run compiled what can be compiled; the answers are the same."
    )
    kept_posts_max: Count = Field(
        default=20_000, description="Posts that a process keeps in memory."
    )
    kept_accounts_max: Count = Field(
        default=20_000, description="Accounts that a process keeps in memory."
    )
    kept_followees_max: Count = Field(
        default=500_000, description="Edges that a process keeps in memory."
    )
    kept_max_seconds: Seconds = Field(
        default=10,
        description="Longest a process goes on with what was changed past the log of changes.",
    )

    def opens(self, choice: bool | None) -> bool:  # noqa: FBT001 - it is a setting's value
        """Whether something is open that is so in development, unless a setting decides."""
        return self.environment == "development" if choice is None else choice
