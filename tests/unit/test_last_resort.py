"""What a client gets when even the view cannot answer."""

import httpx2

from app.settings import Settings
from schema.asgi import build_application

REFERENCE = "0123456789abcdef"


async def test_the_last_answer_names_the_request_too() -> None:
    settings = Settings.model_construct(environment="production", allowed_origins=())
    transport = httpx2.ASGITransport(app=build_application(settings), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://api") as http:
        # Its lifespan has not begun, so there is no house to ask.
        answer = await http.post("/graphql", headers={"X-Request-Id": REFERENCE})
    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] == REFERENCE
    assert answer.json()["errors"][0]["extensions"] == {
        "code": "INTERNAL_SERVER_ERROR",
        "requestId": REFERENCE,
    }
