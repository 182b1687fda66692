"""Dockets for tests: small ones written here, real ones where they are."""

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

FIXTURES = Path(
    os.environ.get("CASEWIRE_FIXTURES") or Path(__file__).parent.parent.parent.parent / "shared" / "fixtures"
)


def real_dockets() -> list[Path]:
    """The fixture dockets; skips the test, saying so, where they are not."""
    files = sorted((FIXTURES / "dockets").glob("*.json"))
    if not files:
        pytest.skip(f"no dockets under {FIXTURES}; name their place in CASEWIRE_FIXTURES")
    return files


def small(number: str = "1:24-cv-00001", entries: int = 3, **changed: Any) -> dict[str, Any]:
    """A docket of invented parties as a file holds it."""
    return {
        "court_id": "nysd",
        "docket_number": number,
        "case_name": "Okafor v. Lindqvist Maritime AB",
        "assigned_to_str": "Ada Miriam Castellanos",
        "referred_to_str": None,
        "cause": "28:1332 Diversity",
        "nature_of_suit": "190 Contract: Other",
        "jurisdiction": "Diversity",
        "jury_demand": "Plaintiff",
        "demand": "$1,000,000",
        "date_filed": "2024-02-29",
        "date_terminated": None,
        "federal_defendant_number": None,
        "something_new": {"nested": [1, 2, {"x": None}]},
        "parties": [
            {
                "name": "Chinwe Okafor",
                "type": "Plaintiff",
                "extra_info": "",
                "date_terminated": None,
                "attorneys": [
                    {
                        "name": "Zoë  Brânză",
                        "roles": ["LEAD ATTORNEY"],
                        "contact": "Brânză Law\n1 Main St\n(212) 555-0100\nFax: (212) 555-0101\n"
                        "Email: zoe@branza.test\n",
                    }
                ],
            },
            {
                "name": "Lindqvist Maritime AB Ltd.",
                "type": "Counter Claimant",
                "extra_info": "a company\n\n  of Sweden",
            },
        ],
        "docket_entries": [
            {
                "date_filed": f"2024-03-{1 + n * 28 // max(entries, 28):02d}",
                "date_entered": "2024-03-30",
                "document_number": str(n + 1) if n % 3 else None,
                "description": f"MOTION number {n + 1} to compel — filed under “seal”.",
                "pacer_doc_id": None,
            }
            for n in range(entries)
        ],
        **changed,
    }


def write(directory: Path, name: str, docket: Any) -> Path:
    file = directory / name
    file.write_bytes(docket if isinstance(docket, bytes) else msgspec.json.encode(docket))
    return file
