"""Roots: which ones the settings name, which are refused, and that a name tells nothing."""

import os
from base64 import b64encode
from pathlib import Path

import pytest

from schemas.errors import Refused
from schemas.settings import Secret, Settings, SettingsError
from storage.keys.roots import KNOWN, Own, roots_of
from storage.keys.wrapping import Broken, new_key, unwrap, wrap

A, B, C = (b64encode(os.urandom(32)).decode() for _ in range(3))


def given(mode: str = "development", **named: str) -> Settings:
    root_key = Secret(named.pop("root_key", ""))
    return Settings(mode=mode, root_key=root_key, **named)  # type: ignore[arg-type]


def test_a_wrapped_key_opens_with_its_key_for_its_purpose_alone() -> None:
    key, by = new_key(), new_key()
    wrapped = wrap(key, by, b"this")
    assert unwrap(wrapped, by, b"this") == key and key not in wrapped
    assert wrap(key, by, b"this") != wrapped
    for sealed, key_by, about in (
        (wrapped, by, b"that"),
        (wrapped, new_key(), b"this"),
        *((other, by, b"this") for other in (wrapped[:-1], b"", b"\x02" + wrapped[1:], wrapped[:5])),
    ):
        with pytest.raises(Broken):
            unwrap(sealed, key_by, about)


def test_the_first_wraps_and_all_open(tmp_path: Path) -> None:
    file = tmp_path / "roots"
    file.write_text(f"{B}\n{C}\n")
    roots = roots_of(given(root_key=A, root_key_file=str(file)))
    names = [roots_of(given(root_key=one)).current.id for one in (A, B, C)]
    assert roots.current.id == names[1] and set(roots.known) == set(names)
    assert list(roots_of(given(root_key=f"{A}, {B}")).known) == names[:2]
    with pytest.raises(Refused, match="unavailable"):
        roots_of(given(root_key=A)).of(names[1])


def test_a_name_is_of_one_key_and_not_the_key() -> None:
    key = os.urandom(32)
    assert Own(key).id == Own(key).id != Own(os.urandom(32)).id
    assert key.hex()[:8] not in Own(key).id


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ({"root_key": "short"}, "32 bytes"),
        ({"root_key": "%%%"}, "32 bytes"),
        ({"root_key": f"{A},{A[:20]}"}, "32 bytes"),
        ({"root_key_file": "/nowhere/at/all"}, "cannot be read"),
        ({"root_vault": "https://vault.test/transit/casewire"}, "TOKEN_FILE"),
        ({"root_vault": "vault.test", "root_vault_token_file": "t"}, "mount and key"),
        ({"root_vault": "https://vault.test/transit", "root_vault_token_file": "t"}, "mount and key"),
        ({"root_vault": "https://u:p@vault.test/transit/k", "root_vault_token_file": "t"}, "no user"),
    ],
)
def test_what_is_no_root_is_refused_in_one_sentence(named: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError, match=says) as refused:
        roots_of(given(**named))
    assert "\n" not in str(refused.value) and A not in str(refused.value)


def test_an_empty_file_is_no_root(tmp_path: Path) -> None:
    (tmp_path / "none").write_text("\n\n")
    with pytest.raises(SettingsError, match="holds no key"):
        roots_of(given(root_key_file=str(tmp_path / "none")))


def test_production_takes_no_root_that_everybody_knows() -> None:
    assert roots_of(given()).current.id == Own(KNOWN).id
    for named in (
        {},
        {"root_key": b64encode(KNOWN).decode()},
        {"root_key": f"{A},{b64encode(KNOWN).decode()}"},
    ):
        with pytest.raises(SettingsError):
            roots_of(given("production", **named))
    assert roots_of(given("production", root_key=A)).current.id == roots_of(given(root_key=A)).current.id
    with pytest.raises(SettingsError, match="https"):
        roots_of(given("production", root_vault="http://vault.test/transit/k", root_vault_token_file="t"))


def test_no_root_key_is_printed() -> None:
    assert A not in repr(given(root_key=A)) and A not in repr(roots_of(given(root_key=A)))
