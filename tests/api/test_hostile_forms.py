"""Forms that are no request: the client's mistake, said in JSON, and their files are gone."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import httpx2
import pytest

from tests.api.hostile import PREFLIGHT, TYPENAME, Doors, codes_of, unharmed
from tests.stack import TestStack

OPERATIONS: Final = json.dumps(TYPENAME)
WITH_FILES: Final = json.dumps(
    {**TYPENAME, "variables": {"photo": None, "photos": [None], "text": "x", "input": {}}}
)
MEBIBYTE: Final = 1024**2
FORM: Final = "multipart/form-data; boundary=b"
CLOSED: Final = b"--b--\r\n"


def part(name: str, content: bytes | str, *, file: bool = False, headers: str = "") -> bytes:
    """A part of a form whose boundary is `b`."""
    named = f'name="{name}"' + ('; filename="photo"' if file else "")
    head = f"--b\r\nContent-Disposition: form-data; {named}\r\n{headers}\r\n"
    return head.encode() + (content.encode() if isinstance(content, str) else content) + b"\r\n"


def mapped(files: object, *names: str) -> bytes:
    """A form whose `map` is this, with a file for each name."""
    written = files if isinstance(files, str) else json.dumps(files)
    sent = b"".join(part(name, b"\xff\xd8" * 400_000, file=True) for name in names)
    return part("operations", WITH_FILES) + part("map", written) + sent + CLOSED


NO_REQUEST: Final[Mapping[str, bytes]] = {
    "map a list": mapped([1]),
    "map a string": mapped('"x"'),
    "map null": mapped("null"),
    "map no JSON": mapped("{"),
    "map very deep": mapped("[" * 100_000),
    "map to a text": mapped({"0": "variables.photo"}, "0"),
    "map to a number": mapped({"0": 5}, "0"),
    "map to null": mapped({"0": None}, "0"),
    "map to numbers": mapped({"0": [5]}, "0"),
    "map to lists": mapped({"0": [["variables", "photo"]]}, "0"),
    "map onto the operations": mapped({"0": [""]}, "0"),
    "map onto the query": mapped({"0": ["query"]}, "0"),
    "map into the query": mapped({"0": ["query.x"]}, "0"),
    "map onto the variables": mapped({"0": ["variables"]}, "0"),
    "map onto a text": mapped({"0": ["variables.text"]}, "0"),
    "map into a text": mapped({"0": ["variables.text.0"]}, "0"),
    "map into a file": mapped({"0": ["variables.photo", "variables.photo.x"]}, "0"),
    "map twice onto the same": mapped({"0": ["variables.photo"], "1": ["variables.photo"]}, *"01"),
    "map to nowhere": mapped({"0": ["variables.a.b.c"]}, "0"),
    "map into null": mapped({"0": ["variables.photo.x"]}, "0"),
    "map to a variable's class": mapped({"0": ["variables.__class__"]}, "0"),
    "map to a method": mapped({"0": ["variables.photos.append"]}, "0"),
    "map beyond a list": mapped({"0": ["variables.photos.1"]}, "0"),
    "map before a list": mapped({"0": ["variables.photos.-1"]}, "0"),
    "map far beyond a list": mapped({"0": ["variables.photos." + "9" * 5_000]}, "0"),
    "map to digits of others": mapped({"0": ["variables.photos.\u0660"]}, "0"),
    "map to a raised digit": mapped({"0": ["variables.photos.²"]}, "0"),
    "map to dots": mapped({"0": ["variables" + "." * 100_000]}, "0"),
    "map to very many places": mapped({"0": ["variables.photo"] * 20_000}, "0"),
    "a file missing": mapped({"0": ["variables.photo"]}),
    "very many files missing": mapped({str(n): ["variables.photo"] for n in range(5_000)}),
    "a field in place of a file": part("operations", WITH_FILES)
    + part("map", '{"0": ["variables.photo"]}')
    + part("0", "x")
    + CLOSED,
    "no map": part("operations", OPERATIONS) + CLOSED,
    "no map but a file": part("operations", WITH_FILES) + part("0", b"x", file=True) + CLOSED,
    "no operations": part("map", "{}") + CLOSED,
    "operations a list": part("operations", "[]") + part("map", "{}") + CLOSED,
    "operations a batch": part("operations", f"[{OPERATIONS}]") + part("map", "{}") + CLOSED,
    "operations null": part("operations", "null") + part("map", "{}") + CLOSED,
    "operations no JSON": part("operations", "{") + part("map", "{}") + CLOSED,
    "operations no UTF-8": part("operations", b'{"query": \xff}') + part("map", "{}") + CLOSED,
    "operations very deep": part("operations", "[" * 100_000) + part("map", "{}") + CLOSED,
    "operations a file": part("operations", OPERATIONS, file=True) + part("map", "{}") + CLOSED,
    "map a file": part("operations", OPERATIONS) + part("map", "{}", file=True) + CLOSED,
    "operations twice": part("operations", OPERATIONS) * 2 + part("map", "{}") + CLOSED,
    "map twice": part("operations", OPERATIONS) + part("map", "{}") * 2 + CLOSED,
    "operations in capitals": part("OPERATIONS", OPERATIONS) + part("map", "{}") + CLOSED,
    "nothing": b"",
    "nothing but its end": CLOSED,
    "no form at all": b"no form at all",
    "another boundary": part("operations", OPERATIONS).replace(b"--b\r", b"--c\r") + b"--c--\r\n",
    "no end": part("operations", OPERATIONS) + part("map", "{}"),
    "half a part": part("operations", OPERATIONS) + part("map", "{}")[:-4],
    "half a file": mapped({"0": ["variables.photo"]}, "0")[:-100],
    "half a header": part("operations", OPERATIONS) + b"--b\r\nContent-Disp",
    "a part without a name": b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n" + CLOSED,
    "a part without headers": b"--b\r\n\r\nx\r\n" + CLOSED,
    "a header that is none": b"--b\r\nContent Disposition; x\r\n\r\nx\r\n" + CLOSED,
    "a header with NUL": b"--b\r\nX\0: x\r\n\r\nx\r\n" + CLOSED,
    "a form in a form": b"--b\r\nContent-Disposition: form-data; name=x\r\nContent-Type: "
    b"multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\n{}\r\n--c--\r\n" + CLOSED,
    "10,000 fields": part("operations", OPERATIONS)
    + part("map", "{}")
    + b"".join(part(f"f{n}", "x") for n in range(10_000))
    + CLOSED,
    "10,000 files": part("operations", OPERATIONS)
    + part("map", "{}")
    + b"".join(part(f"f{n}", "x", file=True) for n in range(10_000))
    + CLOSED,
}
LARGE: Final[Mapping[str, bytes]] = {
    "operations of a mebibyte": part("operations", '{"query": "' + "x" * MEBIBYTE)
    + part("map", "{}")
    + CLOSED,
    "a map of a mebibyte": mapped(" " * MEBIBYTE + "{}"),
    "a header of a mebibyte": part("operations", OPERATIONS, headers=f"X: {'x' * MEBIBYTE}\r\n")
    + part("map", "{}")
    + CLOSED,
    "10,000 headers": part("operations", OPERATIONS, headers="X: x\r\n" * 10_000)
    + part("map", "{}")
    + CLOSED,
    "a name of a mebibyte": part("x" * MEBIBYTE, "x") + CLOSED,
    "a field that never ends": b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n'
    + b"x" * 20 * MEBIBYTE,
    "23 MiB before it": b"x" * 23 * MEBIBYTE + part("operations", OPERATIONS) + CLOSED,
    "23 MiB after it": part("operations", OPERATIONS)
    + part("map", "{}")
    + CLOSED
    + b"x" * 23 * MEBIBYTE,
}
TYPES: Final = (
    "multipart/form-data",
    "multipart/form-data; boundary",
    "multipart/form-data; boundary=",
    'multipart/form-data; boundary=""',
    'multipart/form-data; boundary="b',
    "multipart/form-data; boundary=" + "b" * 5_000,
    "multipart/form-data; boundary=\u00e4",
    "multipart/form-data; boundary*0=b",
    "multipart/form-data; charset=utf-16; boundary=b",
    "multipart/form-data; charset=nonsense; boundary=b",
    "multipart/mixed; boundary=b",
    "multipart/; boundary=b",
    "application/x-www-form-urlencoded; boundary=b",
)


@pytest.fixture(autouse=True)
def _unharmed(stack: TestStack) -> Iterator[None]:
    spool = Path(stack.home) / "data" / "tmp"
    before = sorted(spool.iterdir())
    with unharmed(stack):
        yield
    assert sorted(spool.iterdir()) == before


def _post(client: httpx2.Client, form: bytes, content_type: str = FORM) -> httpx2.Response:
    headers = {b"Content-Type": content_type.encode(), b"GraphQL-Require-Preflight": b"1"}
    return client.post("/graphql", content=form, headers=headers)


@pytest.mark.parametrize("name", NO_REQUEST)
def test_a_form_that_is_no_request_is_the_client_s_mistake(doors: Doors, name: str) -> None:
    for door, client in doors.items():
        answer = _post(client, NO_REQUEST[name])
        assert (answer.status_code, codes_of(answer)) == (400, {"BAD_REQUEST"}), door


@pytest.mark.parametrize("name", LARGE)
def test_a_form_that_is_too_large_is_so_too(doors: Doors, name: str) -> None:
    for door, client in doors.items():
        answer = _post(client, LARGE[name])
        assert codes_of(answer) <= {"BAD_REQUEST", "PAYLOAD_TOO_LARGE"}, door


@pytest.mark.parametrize("content_type", TYPES)
def test_a_form_says_how_it_is_parted(doors: Doors, content_type: str) -> None:
    form = part("operations", OPERATIONS) + part("map", "{}") + CLOSED
    for door, client in doors.items():
        answer = _post(client, form, content_type)
        assert codes_of(answer) <= {"BAD_REQUEST", "UNSUPPORTED_MEDIA_TYPE"}, door


def test_a_form_without_leave_is_forbidden(doors: Doors) -> None:
    form = part("operations", OPERATIONS) + part("map", "{}") + CLOSED
    for door, client in doors.items():
        for content in (form, form[:40], b"x" * MEBIBYTE):
            answer = client.post("/graphql", content=content, headers={"Content-Type": FORM})
            assert (answer.status_code, codes_of(answer)) == (403, {"FORBIDDEN"}), door
        for name in (*PREFLIGHT, "Apollo-Require-Preflight", "X-Requested-With"):
            headers = {"Content-Type": FORM, name: "anything"}
            answer = client.post("/graphql", content=form, headers=headers)
            assert answer.json()["data"] == {"__typename": "Query"}, (door, name)


def test_what_is_only_odd_is_answered(doors: Doors) -> None:
    operations, files = part("operations", OPERATIONS), part("map", "{}")
    for name, form, content_type in (
        ("map first", files + operations + CLOSED, FORM),
        ("a file nobody mapped", operations + files + part("0", b"x", file=True) + CLOSED, FORM),
        ("a field nobody knows", operations + files + part("x", "x") + CLOSED, FORM),
        ("a file without places", mapped({"0": []}, "0"), FORM),
        ("a file of no bytes", mapped({}) + part("0", b"", file=True) + CLOSED, FORM),
        ("a quoted boundary", operations + files + CLOSED, 'Multipart/Form-Data; Boundary="b"'),
        (
            "a type of a field",
            part("operations", OPERATIONS, headers="Content-Type: a/b\r\n") + files + CLOSED,
            FORM,
        ),
    ):
        for door, client in doors.items():
            answer = _post(client, form, content_type)
            assert answer.json()["data"] == {"__typename": "Query"}, (door, name)
