"""What a file is found to be, and which files may not enter."""

from __future__ import annotations

import pytest

from deploy.samples import pdf
from tests.workers.text import made
from workers.sandbox.identify import identify, tolerated
from workers.sandbox.results import Identified

# Put together here, so that no scanner takes this file for the real thing.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
WINDOWS = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0" + bytes(100)
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
DOC = "application/msword"
OFFICE = "application/vnd.openxmlformats-officedocument."


def seen(data: bytes, declared: str = "application/octet-stream", filename: str = "file") -> Identified:
    return identify(made.content(data, declared, filename))


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (pdf("a", ["b"]), "application/pdf"),
        (b"\xef\xbb\xbf\n" + pdf("a", ["b"]), "application/pdf"),
        (b"\x00\x05\x16\x07junk" + pdf("a", ["b"]), "application/pdf"),
        (made.docx(made.p("a")), made.DOCX),
        (made.odt(""), made.ODT),
        (made.zipped({"a.txt": "a"}), "application/zip"),
        (made.ole("WordDocument"), DOC),
        (made.ole("Workbook", "\x05SummaryInformation"), "application/vnd.ms-excel"),
        (made.ole("PowerPoint Document"), "application/vnd.ms-powerpoint"),
        (made.ole("__nameid_version1.0", "__properties_version1.0"), "application/vnd.ms-outlook"),
        (made.ole("EncryptedPackage"), "application/encrypted"),
        (made.ole("Else"), "application/x-ole-storage"),
        (made.ole()[:300], "application/x-ole-storage"),
        (made.eml(), "message/rfc822"),
        (b"From a@b Mon Jan  5\nFrom: a\nTo: b\nSubject: c\n\nbody", "application/mbox"),
        (b"<!DOCTYPE html><html><body>a", "text/html"),
        (b"\xef\xbb\xbf<html>", "text/html"),
        (SVG, "image/svg+xml"),
        (b'<?xml version="1.0"?><a/>', "application/xml"),
        (b"{\\rtf1 a}", "application/rtf"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "image/png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(64), "image/jpeg"),
        (b"GIF89a" + bytes(64), "image/gif"),
        (b"II*\x00" + bytes(64), "image/tiff"),
        ("Grüße".encode("cp1252"), "text/plain"),
        ("Grüße".encode("utf-16"), "text/plain"),
        (b"To whom it may concern: I object.\nSigned: me", "text/plain"),
        (b"a,b\n1,2\n", "text/plain"),
        (b"", "application/x-empty"),
        (bytes(range(256)) * 4, "application/octet-stream"),
    ],
)  # fmt: skip
def test_type_is_found_by_content(data: bytes, found: str) -> None:
    result = seen(data)
    assert (result.found_media_type, result.verdict, result.mismatch) == (found, "clean", False), result.why


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (EICAR, "EICAR test file"),
        (pdf("a", ["b"]) + EICAR, "EICAR test file"),
        (made.zipped({"eicar.com": EICAR}), "a member of the container is EICAR test file"),
        (made.eml(attachment=("eicar.com", EICAR)), "an attachment is EICAR test file"),
        (WINDOWS, "a Windows program"),
        (WINDOWS + pdf("a", ["b"]), "a Windows program"),
        (b"\x7fELF\x02\x01\x01" + bytes(57), "a Linux program"),
        (bytes.fromhex("cffaedfe0700000103000000"), "a macOS or Java program"),
        (bytes.fromhex("cafebabe0000000200000000"), "a macOS or Java program"),
        (made.zipped({"a.txt": "", "word/a.bin": WINDOWS}), "a member of the container is a Windows program"),
        (made.eml(attachment=("invoice.pdf", WINDOWS)), "an attachment is a Windows program"),
    ],
)  # fmt: skip
def test_programs_are_refused_whatever_they_are_declared_as(data: bytes, why: str) -> None:
    for declared in ("application/octet-stream", "application/pdf", "text/plain"):
        result = seen(data, declared)
        assert (result.verdict, result.why) == ("refused", why)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"#!/bin/sh\nrm -rf /\n", "text/plain"),
        (b"#!/bin/sh\nexit\n%PDF-1.4\n", "text/plain"),
        (b"<html><script>%PDF-1.4</script>", "text/html"),
        (b"<script>alert(1)</script>", "text/html"),
        (SVG, "image/svg+xml"),
        (made.eml(), "message/rfc822"),
    ],
)
def test_scripts_in_the_dress_of_a_document_are_refused(data: bytes, found: str) -> None:
    for declared in ("application/pdf", "image/png", made.DOCX):
        result = seen(data, declared)
        assert (result.found_media_type, result.verdict, result.mismatch) == (found, "refused", True)
        assert result.why == f"declared as {declared}, found {found}"


def test_one_document_in_the_dress_of_another_is_reported() -> None:
    result = seen(pdf("a", ["b"]), made.DOCX)
    assert (result.verdict, result.mismatch) == ("clean", True)
    assert result.why == f"declared as {made.DOCX}, found application/pdf"


def test_words_that_begin_like_a_program_are_words() -> None:
    assert (
        seen(b"MZ is the abbreviation of Mozambique; see also the list of codes, page 60 and on.").verdict
        == "clean"
    )
    assert seen(b"The header %PDF-1.4 begins a file.\n", "text/plain").found_media_type == "text/plain"


def test_between_kinds_of_text_the_claim_tips_the_scale() -> None:
    assert seen(b"<p>a", "text/html").found_media_type == "text/html"
    assert seen(b"<p>a", "text/plain").found_media_type == "text/plain"
    assert seen(b"Subject: a\n\nb", filename="a.eml").found_media_type == "message/rfc822"
    assert seen(b"Subject: a\n\nb", filename="a.txt").found_media_type == "text/plain"


@pytest.mark.parametrize(
    ("declared", "found", "news"),
    [
        ("application/octet-stream", "application/pdf", False),
        ("", "application/pdf", False),
        ("text/csv", "text/plain", False),
        ("text/markdown", "text/plain", False),
        ("application/json", "text/plain", False),
        ("application/vnd.ms-excel", "text/plain", False),
        ("application/vnd.wordperfect", "application/wordperfect", False),
        (made.DOCX, "application/encrypted", False),
        ("application/msword", "application/rtf", False),
        ("video/x-rare", "application/octet-stream", False),
        ("application/pdf", "application/octet-stream", True),
        ("application/pdf", "text/plain", True),
        ("application/pdf", "application/xml", True),
        ("image/png", "text/html", True),
        ("image/png", "image/jpeg", True),
    ],
)
def test_which_claims_are_news(declared: str, found: str, news: bool) -> None:
    assert tolerated(declared, found) is not news


def test_parameters_and_case_of_the_claim_do_not_matter() -> None:
    assert not seen(b"a", "Text/Plain; charset=utf-8").mismatch


def test_damaged_compound_files_do_not_hang() -> None:
    whole = made.ole("WordDocument")
    loop = bytearray(whole)
    loop[512 + 4 : 512 + 8] = (1).to_bytes(4, "little")  # the directory's chain bites its tail
    loop[1024 + 128 + 68 : 1024 + 128 + 72] = (1).to_bytes(4, "little")  # an entry is its own sibling
    assert seen(bytes(loop)).found_media_type == DOC
    for cut in range(8, len(whole), 61):
        assert seen(whole[:cut]).verdict == "clean"
