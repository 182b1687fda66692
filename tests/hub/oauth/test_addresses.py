"""Where an answer may go. Whatever is not the app's own address is never told anything (RFC 9700, section 4.1)."""

import pytest

from hub.oauth.rules import fits, may_be_address
from schemas.oauth import AppKind
from tests.hub.oauth.conftest import BACK, Scene, asked, where

TRICKS = [
    "https://app.test/done/", "https://app.test/done/more", "https://app.test/donex", "https://app.test/done?x=1",
    "https://app.test/done#x", "https://app.test/DONE", "https://APP.test/done", "HTTPS://app.test/done",
    "http://app.test/done", "https://app.test:443/done", "https://app.test:8443/done", "https://app.test/./done",
    "https://app.test/x/../done", "https://app.test//done", "https://app.test/%64one", "https://app.test%2fdone",
    "https://app.test@evil.test/done", "https://evil.test@app.test/done", "https://app.test.evil.test/done",
    "https://evil.test/?https://app.test/done", "https://evil.test#https://app.test/done",
    "https://app.test\\@evil.test/done",
    "https://app.test/done\n", " https://app.test/done", "https://app.test/done https://evil.test", "//app.test/done",
    "/done", "javascript:alert(1)//https://app.test/done", "data:text/html,x", "https://аpp.test/done", "https://app.test./done",
    "https://app.test/done%00", "",
]  # fmt: skip


@pytest.mark.parametrize("trick", TRICKS)
async def test_an_answer_goes_to_the_apps_own_address_alone(scene: Scene, trick: str) -> None:
    app = await scene.app()
    for fields in ({}, {"prompt": "none"}, {"response_type": "token"}, {"code_challenge": None}):
        to, said = where(await asked(scene.person, app.question(redirect_uri=trick, **fields)))
        assert to == f"{scene.site.hub.settings.public_url}/connect", (trick, to)
        assert said["error"] in ("invalid_request", "invalid_client")


def test_a_port_is_free_on_ones_own_machine_alone() -> None:
    native: AppKind = "native"
    known = [
        "http://127.0.0.1/done",
        "http://[::1]:8000/done",
        "com.example.app:/done",
        "http://localhost:9000/done",
    ]
    for good in (
        "http://127.0.0.1/done", "http://127.0.0.1:49152/done", "http://[::1]:1/done", "com.example.app:/done",
        "http://localhost:9000/done",
    ):  # fmt: skip
        assert fits(native, known, good), good
    for bad in (
        "http://127.0.0.1:49152/other", "http://127.0.0.1:49152/done/", "http://127.0.0.1:49152/done?x",
        "http://127.0.0.2/done",
        "http://127.0.0.1:1@evil.test/done", "http://127.0.0.1.evil.test/done", "https://127.0.0.1:49152/done",
        "http://localhost:9001/done", "http://127.0.0.1:999999/done", "http://127.0.0.1:/done",
        "com.example.app:/other",
        "http://0x7f.0.0.1/done", "http://127.1/done", "http://127.0.0.1:49152/done#x\n",
    ):  # fmt: skip
        assert not fits(native, known, bad), bad
    for kind in ("web", "browser"):
        assert not fits(kind, known, "http://127.0.0.1:49152/done")


@pytest.mark.parametrize(
    ("kind", "uri", "good"),
    [
        ("web", "https://app.test/done", True),
        ("web", "https://app.test/done?tenant=1", True),
        ("web", "http://localhost:3000/done", True),
        ("native", "http://127.0.0.1/done", True),
        ("native", "com.example.app:/done", True),
        ("web", "com.example.app:/done", False),
        ("native", "myapp:/done", False),
        ("native", "javascript:alert(1)", False),
        ("native", "data:text/html,x", False),
        ("web", "http://app.test/done", False),
        ("web", "https://app.test/done#x", False),
        ("web", "https://a@app.test/done", False),
        ("web", "https://app.test:99999/done", False),
        ("web", "https:///done", False),
        ("web", "https://*.app.test/done", False),
        ("web", "https://app.test/do ne", False),
        ("web", "https://аpp.test/done", False),
        ("web", "https://[::1", False),
        ("browser", "data:text/html,x", False),
    ],
)
def test_an_address_is_one_that_proves_whose_it_is(kind: AppKind, uri: str, good: bool) -> None:
    assert may_be_address(kind, uri) is good


async def test_an_apps_address_is_checked_when_it_is_registered(scene: Scene) -> None:
    body = {
        "name": "App",
        "kind": "web",
        "scopes": ["openid"],
        "redirect_uris": [BACK, "javascript:alert(1)"],
    }
    answer = await scene.admin.post(f"/v1/orgs/{scene.org}/apps", body)
    assert answer.status_code == 400
    assert [field["at"] for field in answer.json()["fields"]] == ["$.redirect_uris[1]"]


async def test_what_is_wrong_is_told_to_the_app_at_its_own_address_with_the_issuer(scene: Scene) -> None:
    app = await scene.app()
    for wrong, error in (
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": "openid admin"}, "invalid_scope"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "create"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"request_uri": "https://evil.test/x"}, "request_uri_not_supported"),
        ({"nonce": "x" * 2001}, "invalid_request"),
    ):
        to, said = where(await asked(scene.person, app.question(**wrong)))
        assert (to, said["error"], said["state"]) == (BACK, error, "a state"), wrong
        assert said["iss"] == scene.site.hub.settings.public_url
        assert "code" not in said


async def test_a_parameter_given_twice_is_refused(scene: Scene) -> None:
    app = await scene.app()
    for more in (
        "&redirect_uri=https%3A%2F%2Fevil.test%2F",
        f"&client_id={app.id}",
        "&state=b",
        "&scope=read",
        "&x=1&x=2",
    ):
        to, _ = where(await asked(scene.person, app.question() + more))
        assert to.endswith("/connect")


async def test_no_page_frames_the_question_and_nothing_of_it_is_kept(scene: Scene) -> None:
    app = await scene.app()
    answer = await asked(scene.person, app.question())
    assert answer.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
