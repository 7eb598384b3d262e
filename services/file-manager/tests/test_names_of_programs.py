"""Which names of files are refused: those by which a program comes along as a document."""

import pytest

from file_manager.use_cases.file_names import is_dangerous


@pytest.mark.parametrize(
    "name",
    [
        "invoice.pdf.exe",
        "photo.JPG.Scr",
        "photo.jpg.js",
        "setup.exe",
        ".bat",
        "bill.pdf.lnk  ",
        "bill.pdf.exe. .",
        "bill.exe\u200b",
        "bill.ex\u00ade",
        "page.pdf.html",
        "photo\u202egpj.exe",
        "exe\u202efdp.bill",
        "sheet.xlsm",
    ],
)
def test_a_name_that_ends_as_a_programs_or_hides_its_end_is_refused(name: str) -> None:
    assert is_dangerous(name)


@pytest.mark.parametrize(
    "name",
    [
        None,
        "",
        "photo.jpg",
        "booking.com.pdf",
        "setup.exe.pdf",
        "Scan 2.5",
        "exe",
        "letter",
        "report v1.2.docx",
        "צילום.jpg",
        "résumé.final.pdf",
        "archive.tar",
    ],
)
def test_a_document_may_have_any_other_name(name: str | None) -> None:
    assert not is_dangerous(name)
