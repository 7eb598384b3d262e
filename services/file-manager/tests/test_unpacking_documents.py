"""Which office documents are refused: those that swamp whoever opens them, or hide something."""

import io
import os
import random
import zipfile
import zlib
from collections.abc import Mapping

import pytest

from file_manager.use_cases.archives import (
    MOST_PARTS,
    check_document,
    has_a_password,
    most_unpacked,
)
from file_manager.use_cases.inspecting import Unacceptable
from hurting import hurt

LETTER: Mapping[str, bytes] = {
    "[Content_Types].xml": b"<Types/>",
    "word/document.xml": b"<w:document>Dear Ana</w:document>",
}
MEBIBYTE = 1024 * 1024


def packed(parts: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def reason(document: bytes, folder: str = "word/") -> str | None:
    try:
        check_document(io.BytesIO(document), len(document), folder=folder)
    except Unacceptable as refusal:
        return refusal.reason
    return None


def test_a_letter_with_a_picture_and_a_sheet_in_it_is_taken() -> None:
    parts = {
        **LETTER,
        "word/media/image1.jpeg": os.urandom(300_000),
        "word/embeddings/sheet.xlsx": packed({"xl/workbook.xml": b"<workbook/>"}),
        "word/empty.xml": b"",
    }

    assert reason(packed(parts)) is None
    assert reason(packed(parts, zipfile.ZIP_STORED)) is None


def test_a_large_sheet_that_packs_well_is_taken() -> None:
    rows = {"[Content_Types].xml": b"", "xl/sheet1.xml": b"<row><c>0</c></row>" * 500_000}

    assert reason(packed(rows), "xl/") is None


def test_a_document_that_unpacks_to_a_thousand_times_its_size_is_a_bomb() -> None:
    assert reason(packed({**LETTER, "word/bomb.xml": bytes(40 * MEBIBYTE)})) == "archive-bomb"


def test_a_bomb_in_many_small_parts_is_found_as_well() -> None:
    parts = {f"word/{number}.xml": bytes(4 * MEBIBYTE) for number in range(10)}

    assert reason(packed({**LETTER, **parts})) == "archive-bomb"


def test_a_document_of_more_parts_than_any_has_is_a_bomb() -> None:
    parts = {f"word/{number}": b"" for number in range(MOST_PARTS)}

    assert reason(packed({**LETTER, **parts})) == "archive-bomb"


def test_a_list_of_parts_that_would_fill_the_memory_is_not_read() -> None:
    name = "word/" + "x" * 60_000
    parts = {f"{name}{number}": b"" for number in range(20)}

    assert reason(packed({**LETTER, **parts})) == "archive-bomb"


@pytest.mark.parametrize(
    ("size", "most"),
    [(0, 16 * MEBIBYTE), (MEBIBYTE, 100 * MEBIBYTE), (100 * MEBIBYTE, 1024 * MEBIBYTE)],
)
def test_a_document_may_unpack_to_a_hundred_times_its_size_but_not_to_a_gigabyte(
    size: int, most: int
) -> None:
    assert most_unpacked(size) == most


def test_a_document_that_says_it_is_smaller_than_it_is_cannot_be_opened() -> None:
    document = packed({**LETTER, "word/liar.xml": bytes(MEBIBYTE)})
    size, smaller = MEBIBYTE.to_bytes(4, "little"), (100).to_bytes(4, "little")

    assert document.count(size) == 2
    assert reason(document.replace(size, smaller)) == "unreadable-archive"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_no_office_program_packs_by_cannot_be_opened(method: int) -> None:
    assert reason(packed(LETTER, method)) == "unreadable-archive"


@pytest.mark.parametrize(
    "document", [b"", b"PK\x03\x04rest", packed(LETTER)[:-30], packed(LETTER)[60:]]
)
def test_what_is_cut_off_or_no_zip_cannot_be_opened(document: bytes) -> None:
    assert reason(document) == "unreadable-archive"


def test_bytes_that_were_changed_are_noticed() -> None:
    document = bytearray(packed(LETTER, zipfile.ZIP_STORED))
    document[document.index(b"Dear")] ^= 1

    assert reason(bytes(document)) == "unreadable-archive"


def test_a_part_with_a_password_is_refused_as_such() -> None:
    document = bytearray(packed(LETTER))
    for at in range(len(document)):
        if document[at : at + 4] == b"PK\x01\x02":
            document[at + 8] |= 1

    assert reason(bytes(document)) == "encrypted"


def test_no_damage_does_worse_than_to_have_the_document_refused() -> None:
    whole, luck = packed({**LETTER, "word/a.xml": b"x" * 9000}), random.Random(41)  # noqa: S311

    reasons = {reason(hurt(whole, luck)) for _ in range(500)}

    assert "unreadable-archive" in reasons


@pytest.mark.parametrize(
    ("parts", "folder"),
    [
        (LETTER, "xl/"),
        ({"AndroidManifest.xml": b"", "classes.dex": b""}, "word/"),
        ({"word/document.xml": b""}, "word/"),
        ({**LETTER, "word/vbaProject.bin": b"Sub AutoOpen()"}, "word/"),
    ],
    ids=["a letter as a sheet", "an app", "no list of types", "macros"],
)
def test_another_kind_of_archive_is_not_of_the_documents_type(
    parts: Mapping[str, bytes], folder: str
) -> None:
    assert reason(packed(parts), folder) == "wrong-type"


def test_a_document_with_a_password_is_known_by_what_it_lies_in() -> None:
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    name = "EncryptedPackage".encode("utf-16-le")

    assert has_a_password(io.BytesIO(old + bytes(2 * MEBIBYTE - 20) + name))
    assert not has_a_password(io.BytesIO(old + bytes(2 * MEBIBYTE)))
    assert not has_a_password(io.BytesIO(name))
    assert not has_a_password(io.BytesIO(zlib.compress(name)))
