"""Which files are kept, told by their first bytes and not by what they are said to be."""

import pytest

from file_manager.use_cases.file_types import declared_type

OOXML = "application/vnd.openxmlformats-officedocument."
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest"
ZIP = b"PK\x03\x04rest"

GENUINE = [
    ("image/jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF", "jpg"),
    ("image/png", b"\x89PNG\r\n\x1a\n\x00\x00", "png"),
    ("image/webp", b"RIFF\x10\x00\x00\x00WEBPVP8 ", "webp"),
    ("video/mp4", b"\x00\x00\x00\x18ftypmp42", "mp4"),
    ("video/mp4", b"\x00\x00\x00\x18ftyp3gp4", "mp4"),
    ("video/3gpp", b"\x00\x00\x00\x18ftyp3gp5", "3gp"),
    ("audio/mp4", b"\x00\x00\x00\x18ftypM4A ", "m4a"),
    ("audio/mpeg", b"ID3\x04\x00", "mp3"),
    ("audio/mpeg", b"\xff\xfb\x90\x00", "mp3"),
    ("audio/aac", b"\xff\xf1\x50\x80", "aac"),
    ("audio/aac", b"ADIF", "aac"),
    ("audio/amr", b"#!AMR\n", "amr"),
    ("audio/ogg; codecs=opus", b"OggS\x00\x02", "ogg"),
    ("application/pdf", b"%PDF-1.7\n", "pdf"),
    ("application/pdf", b"\xef\xbb\xbf\r\n%PDF-1.4", "pdf"),
    ("application/msword", OLE, "doc"),
    ("application/vnd.ms-excel", OLE, "xls"),
    ("application/vnd.ms-powerpoint", OLE, "ppt"),
    (OOXML + "wordprocessingml.document", ZIP, "docx"),
    (OOXML + "spreadsheetml.sheet", ZIP, "xlsx"),
    (OOXML + "presentationml.presentation", ZIP, "pptx"),
    ("text/plain; charset=utf-8", "grüezi".encode(), "txt"),
    ("Text/Plain", b"", "txt"),
]

FALSE = [
    ("image/jpeg", b""),
    ("image/jpeg", b"\xff\xd8"),
    ("image/jpeg", b"<html>not found</html>"),
    ("image/png", b"\xff\xd8\xff\xe0"),
    ("image/webp", b"RIFF\x10\x00\x00\x00WAVEfmt "),
    ("video/mp4", b"OggS\x00\x02"),
    ("audio/mpeg", b"\xff\xf1\x50\x80"),
    ("audio/aac", b"\xff\xfb\x90\x00"),
    ("audio/ogg", b"ID3\x04\x00"),
    ("application/pdf", b"MZ\x90\x00 %PDF-1.7"),
    ("application/msword", ZIP),
    (OOXML + "spreadsheetml.sheet", OLE),
    ("text/plain", b"MZ\x90\x00\x03"),
]


@pytest.mark.parametrize(("mime_type", "head", "extension"), GENUINE)
def test_a_file_that_begins_as_its_type_does_is_recognised(
    mime_type: str, head: bytes, extension: str
) -> None:
    found = declared_type(mime_type)

    assert found is not None
    assert found.matches(head)
    assert found.extension == extension


@pytest.mark.parametrize(("mime_type", "head"), FALSE)
def test_a_file_that_begins_otherwise_is_not_of_that_type(mime_type: str, head: bytes) -> None:
    found = declared_type(mime_type)

    assert found is not None
    assert not found.matches(head)


@pytest.mark.parametrize(
    "mime_type",
    ["", "image", "image/svg+xml", "text/html", "application/x-msdownload", "application/zip"],
)
def test_types_that_whatsapp_does_not_know_as_media_are_not_kept(mime_type: str) -> None:
    assert declared_type(mime_type) is None
