"""Where a request comes from: what trusted proxies wrote counts, and nothing else."""

import pytest

from schemas.proxies import client_address, neighbourhood, networks, site
from schemas.settings import Settings, SettingsError

TRUSTED = networks("10.0.0.0/8, 192.0.2.1, fd00::/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.5", [], "203.0.113.5"),
        ("203.0.113.5", ["198.51.100.1"], "203.0.113.5"),  # not a proxy of ours: its word is worth nothing
        ("10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),  # the client wrote the first
        ("10.1.2.3", ["1.1.1.1", "198.51.100.1, 192.0.2.1"], "198.51.100.1"),  # two proxies, two headers
        ("10.1.2.3", ["1.1.1.1, rubbish"], "10.1.2.3"),
        ("10.1.2.3", ["1.1.1.1, "], "10.1.2.3"),
        ("10.1.2.3", ["10.9.9.9"], "10.9.9.9"),
        ("::ffff:10.1.2.3", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("fd00::1", ["2001:db8::7"], "2001:db8::7"),
        ("10.1.2.3", [",".join(["1.1.1.1"] + ["10.0.0.1"] * 50)], "10.0.0.1"),
        ("", ["1.1.1.1"], ""),
        ("/run/socket", [], ""),
    ],
)
def test_client_address(peer: str, forwarded: list[str], address: str) -> None:
    assert client_address(peer, forwarded, TRUSTED) == address
    assert client_address(peer, forwarded, ()) == client_address(peer, [], ())


def test_neighbourhood() -> None:
    assert neighbourhood("198.51.100.7") == "198.51.100.7"
    assert neighbourhood("2001:db8:1:2:aaaa::1") == neighbourhood("2001:db8:1:2:bbbb::9") == "2001:db8:1:2::/64"
    assert neighbourhood("::ffff:198.51.100.7") == "198.51.100.7"
    assert neighbourhood("nonsense") == ""


def test_site() -> None:
    assert site("2001:db8:1:2::1") == site("2001:db8:1:ffff::9") == "2001:db8:1::/48"
    assert site("2001:db8:2::1") != site("2001:db8:1::1")
    assert site("198.51.100.7") == site("::ffff:198.51.100.7") == site("nonsense") == ""


def test_settings_refuse_what_is_no_network() -> None:
    assert networks(Settings.read({}).trusted_proxies) == ()
    with pytest.raises(SettingsError, match=r"^CASEWIRE_TRUSTED_PROXIES"):
        Settings.read({"CASEWIRE_TRUSTED_PROXIES": "10.0.0.1/8, everybody"})
    with pytest.raises(SettingsError, match=r"^CASEWIRE_PASSWORD_MIN"):
        Settings.read({"CASEWIRE_PASSWORD_MIN": "6"})
