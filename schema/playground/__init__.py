"""GraphiQL, served by us: a page of ours, and its files from a folder of npm packages."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

PATH = "/playground"
_OURS = Path(__file__).parent / "page"
_PACKAGES = ("@graphiql", "graphiql", "react", "react-dom")


def playground_page() -> str:
    """The page; it names no other origin, and has no script of its own."""
    return (_OURS / "page.html").read_text()


def playground_headers(cdn_url: str) -> Mapping[str, str]:
    """What the page is sent with: it may ask nobody but us, and the CDN for pictures."""
    policy = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # its dialogs write one that stops the page scrolling
        f"img-src 'self' data: {_origin(cdn_url)}",
        "font-src 'self' data:",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "; ".join(policy),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def playground_files(folder: Path) -> Mount:
    """Where the page's files are served from."""
    packages = [Mount(f"/{name}", StaticFiles(directory=folder / name)) for name in _PACKAGES]
    return Mount(PATH, routes=[Mount("/page", StaticFiles(directory=_OURS)), *packages])


def _origin(url: str) -> str:
    scheme, address, *_ = urlsplit(url)
    return f"{scheme}://{address}"
