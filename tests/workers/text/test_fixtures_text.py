"""Every real document has a known fate."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from workers.sandbox.results import Examined
from workers.sandbox.run import Sandbox

FIXTURES = Path(os.environ.get("CASEWIRE_FIXTURES") or Path(__file__).parents[4] / "shared" / "fixtures")

# File → type found (its end), fate of its text, pages, a phrase of its text.
EXPECTED: dict[str, tuple[str, str, int, str]] = {
    "acms.pdf": ("pdf", "ok", 2, "FOR THE \nSECOND CIRCUIT"),
    "ca1-12-2209.pdf": ("pdf", "ok", 2, "TRANSAMERICA LIFE INSURANCE COMPANY"),
    "ca8-17-2543.pdf": ("pdf", "ok", 3, "Mary Beavers"),
    "diaz-v-create-and-construct.pdf": ("pdf", "ok", 3, "WORKERS’ COMPENSATION APPEALS BOARD"),
    "libreoffice-writer-password.pdf": ("pdf", "encrypted", 0, ""),
    "minimal-document.pdf": ("pdf", "ok", 1, "Lorem ipsum dolor sit amet"),
    "opinion-image-only.pdf": ("pdf", "no_text", 1, ""),
    "opinion-tax.pdf": ("pdf", "ok", 32, "ROCK BORDELON AND TORIE BORDELON"),
    "opinion-text.pdf": ("pdf", "ok", 30, "(Slip Opinion) OCTOBER TERM, 2012"),
    "opinion.doc": ("msword", "unsupported", 0, ""),
    "opinion.wpd": ("wordperfect", "unsupported", 0, ""),
    "pdflatex-4-pages.pdf": ("pdf", "ok", 4, "Hello, here is some text without a meaning."),
    "pdflatex-forms.pdf": ("pdf", "ok", 1, "Submit"),
    "source.odt": ("opendocument.text", "ok", 1, "Lorem ipsum dolor sit amet"),
    "tika-testEPUB.epub": ("epub+zip", "unsupported", 0, ""),
    "tika-testEXCEL.xls": ("ms-excel", "unsupported", 0, ""),
    "tika-testEXCEL.xlsx": ("spreadsheetml.sheet", "unsupported", 0, ""),
    "tika-testEXCEL_1img.xlsx": ("spreadsheetml.sheet", "unsupported", 0, ""),
    "tika-testHTMLNoisyMetaEncoding_1.html": ("html", "ok", 1, "وأعرب الاتحاد الجزائري"),
    "tika-testMBOX_complex.mbox": ("mbox", "unsupported", 0, ""),
    "tika-testMSG.msg": ("ms-outlook", "unsupported", 0, ""),
    "tika-testMSG_att_doc.msg": ("ms-outlook", "unsupported", 0, ""),
    "tika-testMSG_chinese.msg": ("ms-outlook", "unsupported", 0, ""),
    "tika-testODFwithOOo3.odt": ("opendocument.text", "ok", 1, "Tika is part of the Lucene project."),
    "tika-testODTEncrypted.odt": ("opendocument.text", "encrypted", 0, ""),
    "tika-testOpenOffice2.odt": ("opendocument.text", "ok", 1, "This is a sample Open Office document"),
    "tika-testPPT.ppt": ("ms-powerpoint", "unsupported", 0, ""),
    "tika-testPPT.pptx": ("presentationml.presentation", "unsupported", 0, ""),
    "tika-testPPT_comment.pptx": ("presentationml.presentation", "unsupported", 0, ""),
    "tika-testRFC822": ("rfc822", "ok", 1, "[jira] Commented: (TIKA-461) RFC822 messages not parsed"),
    "tika-testRFC822-multipart": ("rfc822", "ok", 1, "This is a test for parsing multi-part mails."),
    "tika-testRFC822_base64": ("rfc822", "ok", 1, "with international characters, voilà!"),
    "tika-testRTF.rtf": ("rtf", "unsupported", 0, ""),
    "tika-testRTFCorruptListOverride.rtf": ("rtf", "unsupported", 0, ""),
    "tika-testRTFJapanese.rtf": ("rtf", "unsupported", 0, ""),
    "tika-testWORD.doc": ("msword", "unsupported", 0, ""),
    "tika-testWORD.docx": ("wordprocessingml.document", "ok", 1, "This is a sample Microsoft Word Document."),
    "tika-testWORD_numbered_list.docx": ("wordprocessingml.document", "ok", 1, "I’m a little text box"),
    "tika-testWORD_protected_passtika.docx": ("application/encrypted", "encrypted", 0, ""),
    "tika-testWORD_text_box.docx": ("wordprocessingml.document", "ok", 1, "a text box in the header"),
}

pytestmark = pytest.mark.skipif(
    not (FIXTURES / "documents").is_dir(), reason=f"no real documents at {FIXTURES} (set CASEWIRE_FIXTURES)"
)


@pytest_asyncio.fixture(scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


async def examined(sandbox: Sandbox, path: Path) -> Examined:
    declared = mimetypes.guess_type(path)[0] or "application/octet-stream"
    result = await sandbox.examine(path, declared_media_type=declared, filename=path.name)
    assert isinstance(result, Examined), result
    return result


def test_every_document_has_an_expectation() -> None:
    assert {path.name for path in (FIXTURES / "documents").iterdir()} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
async def test_document(sandbox: Sandbox, name: str) -> None:
    kind, status, pages, phrase = EXPECTED[name]
    result = await examined(sandbox, FIXTURES / "documents" / name)
    assert result.found_media_type.endswith(kind)
    assert (result.text_status, result.page_count) == (status, pages), result.detail
    assert (result.verdict, result.mismatch, result.truncated) == ("clean", False, False), result.why
    assert phrase in "\n".join(result.pages)
    assert bool(result.pages) == (status == "ok")


async def test_every_court_notice_is_read_as_mail(sandbox: Sandbox) -> None:
    notices = sorted((FIXTURES / "notices").glob("*.eml"))
    assert notices
    for path in notices:
        result = await examined(sandbox, path)
        assert (result.found_media_type, result.text_status) == ("message/rfc822", "ok"), path.name
        assert result.pages[0].startswith("Subject: ")
        assert "<" + "td" not in result.pages[0]
    last = "\n".join((await examined(sandbox, FIXTURES / "notices" / "nef-nysd_1.eml")).pages)
    assert "Docket Text:\nJOINT LETTER MOTION for Extension of Time to Complete Discovery" in last
    assert "Case Number:\t1:20-cv-08924-CM" in last
