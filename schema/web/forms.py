"""Forms with files, by the GraphQL multipart request specification (v2)."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from schema.codes import ErrorCode
from schema.errors import RequestError
from schema.operations.request import OperationRequest, bad_request, read_operation_request
from schema.web.requests import HttpRequest, read_json

FILES_MAX = 10
FIELDS_MAX = 10
PLACES_MAX = 20
INDEX_MAX_DIGITS = 9
FORM_MARGIN_BYTES = 3 * 1024**2
"""What a form may have beside its largest photo; a little less than the load balancer lets by."""


@asynccontextmanager
async def open_form(
    request: HttpRequest, *, field_max_bytes: int, file_max_bytes: int
) -> AsyncIterator[OperationRequest]:
    """The request in a form, its files in their places among the variables; closed with it.

    Raises:
        RequestError: it is no GraphQL request.
        GoneError: the client went away.
    """
    if not request.has_preflight_header:
        raise RequestError(
            403,
            ErrorCode.FORBIDDEN,
            "A form needs a header that only our own pages can send: GraphQL-Require-Preflight: 1",
        )
    form = await _read(request, field_max_bytes, file_max_bytes + FORM_MARGIN_BYTES)
    try:
        yield read_operation_request(_with_files(form))
    finally:
        await form.close()


async def _read(request: HttpRequest, field_max_bytes: int, most: int) -> FormData:
    headers = Headers(raw=list(request.headers.items()))
    stream = request.stream(most)
    try:
        parser = MultiPartParser(
            headers,
            stream,
            max_files=FILES_MAX,
            max_fields=FIELDS_MAX,
            max_part_size=field_max_bytes,
        )
        return await parser.parse()
    except (MultiPartException, FormParserError, KeyError, ValueError, AttributeError) as error:
        raise bad_request("The form cannot be read") from error


def _with_files(form: FormData) -> object:
    operations, files = _json_field(form, "operations"), _json_field(form, "map")
    if not isinstance(operations, dict):
        raise bad_request("`operations` has to be an object")
    if not isinstance(files, dict):
        raise bad_request("`map` has to be an object")
    places = [(name, place) for name, listed in files.items() for place in _places(listed)]
    if len(places) > PLACES_MAX:
        raise bad_request(f"`map` names {PLACES_MAX} places at most")
    for name, place in places:
        file = form.get(name)
        if not isinstance(file, UploadFile):
            raise bad_request("`map` names a file that was not sent")
        _put(operations, place, file)
    return operations


def _json_field(form: FormData, name: str) -> object:
    sent = form.getlist(name)
    if len(sent) != 1 or not isinstance(sent[0], str):
        raise bad_request(f"The form needs one field `{name}`")
    return read_json(sent[0])


def _places(listed: object) -> list[str]:
    if not isinstance(listed, list) or not all(isinstance(place, str) for place in listed):
        raise bad_request("`map` has a list of places for each file")
    return listed


def _put(operations: Mapping[str, Any], place: str, file: UploadFile) -> None:
    first, *rest = place.split(".")
    if first != "variables" or not rest:
        raise bad_request("A file's place is among the variables")
    inner: Any = operations.get("variables")
    for name in rest[:-1]:
        inner = _step(inner, name)
    if _step(inner, rest[-1]) is not None:
        raise bad_request("A file's place has to be null")
    inner[int(rest[-1]) if isinstance(inner, list) else rest[-1]] = file


def _step(inner: object, name: str) -> object:
    if isinstance(inner, dict) and name in inner:
        return inner[name]
    if isinstance(inner, list) and name.isdecimal() and name.isascii():
        index = int(name[:INDEX_MAX_DIGITS])
        if index < len(inner):
            return inner[index]
    raise bad_request("`map` names a place that is not there")
