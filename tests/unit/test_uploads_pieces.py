"""What pieces the bytes of a resumable upload are gathered into, however they come."""

from itertools import count, pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.uploads.model import Piece, total_bytes
from app.uploads.pieces import PIECE_BYTES, RATIO, absorbed, room_bytes

PHOTO_BYTES = 20 * 1024**2
SIZES = st.lists(st.integers(1, PHOTO_BYTES), max_size=60)


class Gathered:
    """An upload as requests of these sizes leave it."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.put_bytes = 0
        self._names = count()

    def take(self, request_bytes: int) -> None:
        """Take in a request, as `Writing` does."""
        while request_bytes:
            fresh = min(request_bytes, room_bytes(self.pieces))
            before = absorbed(self.pieces, fresh)
            del self.pieces[len(self.pieces) - len(before) :]
            new = Piece(key=str(next(self._names)), byte_size=total_bytes(before) + fresh)
            self.pieces.append(new)
            self.put_bytes += new.byte_size
            request_bytes -= fresh


def gathered(sizes: list[int]) -> Gathered:
    upload = Gathered()
    for size in sizes:
        upload.take(min(size, PHOTO_BYTES - total_bytes(upload.pieces)))
    return upload


@given(SIZES)
def test_pieces_are_full_and_then_each_is_twice_the_next(sizes: list[int]) -> None:
    upload = gathered(sizes)
    assert total_bytes(upload.pieces) == min(sum(sizes), PHOTO_BYTES)
    loose = [piece.byte_size for piece in upload.pieces if piece.byte_size < PIECE_BYTES]
    full = len(upload.pieces) - len(loose)
    assert [piece.byte_size for piece in upload.pieces[:full]] == [PIECE_BYTES] * full
    assert all(left >= RATIO * right for left, right in pairwise(loose))
    assert sum(loose) < PIECE_BYTES


@given(SIZES)
def test_there_is_always_room_for_a_byte_and_never_for_more_than_a_piece(sizes: list[int]) -> None:
    assert 1 <= room_bytes(gathered(sizes).pieces) <= PIECE_BYTES


def test_an_upload_has_few_pieces_however_small_its_requests_are() -> None:
    for request_bytes in (1_000, 1_024, 65_536, 5_000_000):
        upload = Gathered()
        most = 0
        while room := PHOTO_BYTES - total_bytes(upload.pieces):
            upload.take(min(request_bytes, room))
            most = max(most, len(upload.pieces))
        assert most <= 4 + (PIECE_BYTES // request_bytes).bit_length()
        # A byte is put again only into a piece that is half as large again.
        assert upload.put_bytes <= 12 * PHOTO_BYTES


def test_requests_of_whole_pieces_are_never_copied() -> None:
    upload = gathered([PIECE_BYTES] * 4)
    assert (len(upload.pieces), upload.put_bytes) == (4, PHOTO_BYTES)
