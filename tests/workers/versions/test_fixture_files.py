"""Real files of many kinds, encrypted and corrupt ones among them: each ends in a sensible state, and says why."""

import mimetypes
import os
from collections import Counter
from pathlib import Path

import pytest

from tests.app import Office
from tests.uploads import Hands, document, upload

FIXTURES = Path(os.environ.get("CASEWIRE_FIXTURES") or Path(__file__).parents[4] / "shared" / "fixtures")
DOCUMENTS = FIXTURES / "documents"

EXPECTED = {
    "libreoffice-writer-password.pdf": "encrypted",
    "tika-testODTEncrypted.odt": "encrypted",
    "tika-testWORD_protected_passtika.docx": "encrypted",
    "opinion-image-only.pdf": "no_text",
    "opinion-text.pdf": "ok",
    "opinion-tax.pdf": "ok",
    "ca1-12-2209.pdf": "ok",
    "tika-testWORD.docx": "ok",
    "tika-testHTMLNoisyMetaEncoding_1.html": "ok",
    "tika-testRFC822": "ok",
}


@pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="fixtures/documents is not on this machine")
@pytest.mark.timeout(300)
async def test_every_fixture_comes_to_an_end(office: Office, hands: Hands) -> None:
    to = await document(office.lead, office.case)
    states: dict[str, tuple[str, str]] = {}
    for path in sorted(DOCUMENTS.iterdir()):
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        version = await upload(office.lead, to, path.read_bytes(), file_name=path.name, media_type=media_type)
        row = await hands.examine(version)
        if row["status"] == "cleared":
            row = await hands.index(version)
        states[path.name] = (row["status"], row["text_status"])
        assert row["status"] == "cleared", (path.name, row["why"])
        assert row["text_status"] in ("ok", "no_text", "encrypted", "corrupt", "unsupported"), (
            path.name,
            row["why"],
        )
        pages = await office.lead.all(f"/v1/versions/{version}/text")
        assert bool(pages) == (row["text_status"] == "ok"), path.name
    for name, text_status in EXPECTED.items():
        if name in states:
            assert states[name] == ("cleared", text_status), name
    print(Counter(text for _, text in states.values()))
