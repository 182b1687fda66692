"""The first minutes without a demo: an administrator, a token, and a request made with it."""

import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from deploy.embedded.objects import s3_client
from tests.house import ROOT, House

PASSWORD = "correct-horse-battery"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    running = House(tmp_path_factory.mktemp("people") / "data").start()
    yield running
    running.stop()


def casewire(house: House, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *arguments, "--data", str(house.data)],
        cwd=ROOT, capture_output=True, text=True, input=typed, timeout=60, check=False,
    )  # fmt: skip


def init(house: House, password: str) -> subprocess.CompletedProcess[str]:
    named = ("--organisation", "Hale & Partners", "--email", "ada@firm.test", "--name", "Ada Hale")
    return casewire(house, "init", *named, "--zone", "America/New_York", typed=password + "\n")


def test_every_process_started_and_ready_answers_on_the_public_port(house: House) -> None:
    assert set(house.pids()) == {
        "postgres", "nats", "objects", "hub", "relay", "sequence", "retention", "worker", "files", "gateway",
    }  # fmt: skip
    assert httpx.get(f"http://127.0.0.1:{house.http_port}/health/ready").status_code == 200


def test_the_start_says_how_to_make_the_organisation_until_there_is_one(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    house = House(tmp_path_factory.mktemp("first") / "data").start()
    try:
        assert "Its first page makes your organisation" in house.printed
        assert init(house, PASSWORD).returncode == 0
        house.stop()
        house.start()
        assert "is ready" in house.printed and "organisation" not in house.printed
    finally:
        house.stop()


def test_the_first_administrator_signs_in_and_gets_a_token(house: House) -> None:
    refused = init(house, "short")
    assert refused.returncode == 2 and "12" in refused.stderr and "short" not in refused.stderr

    made = init(house, PASSWORD)
    assert made.returncode == 0, made.stderr
    assert PASSWORD not in made.stdout + made.stderr
    again = init(house, PASSWORD)
    assert again.returncode == 2 and "set up already" in again.stderr

    hub = f"http://127.0.0.1:{house.http_port}"
    signed_in = httpx.post(f"{hub}/v1/session", json={"email": "ada@firm.test", "password": PASSWORD})
    assert signed_in.status_code == 200, signed_in.text

    token = casewire(house, "token", "ada@firm.test")
    assert token.returncode == 0 and token.stdout.count("\n") == 1, token.stdout + token.stderr
    mine = httpx.get(f"{hub}/v1/me", headers={"authorization": f"Bearer {token.stdout.strip()}"})
    assert mine.status_code == 200
    assert mine.json()["email"] == "ada@firm.test" and mine.json()["zone"] == "America/New_York"

    stranger = casewire(house, "token", "nobody@firm.test")
    assert stranger.returncode == 2 and stranger.stdout == ""


def test_the_doctor_finds_a_running_house_well_and_names_what_is_missing(house: House) -> None:
    well = casewire(house, "doctor")
    assert well.returncode == 0, well.stdout + well.stderr
    assert {line.split()[1] for line in well.stdout.splitlines()} >= {
        "PostgreSQL",
        "NATS",
        "hub",
        "relay",
        "sequence",
        "gateway",
    }
    settings = house.settings()
    store = s3_client(settings.s3_url, settings.s3_access_key, settings.s3_secret_key.reveal())
    store.remove_bucket(settings.s3_quarantine)
    ill = casewire(house, "doctor")
    assert ill.returncode == 1
    bad = [line for line in ill.stdout.splitlines() if line.startswith("BAD")]
    assert any(settings.s3_quarantine in line for line in bad), ill.stdout


def test_new_keys_sign_for_apps_and_the_old_ones_stay_published_unless_they_got_out(house: House) -> None:
    def published() -> set[str]:
        answer = httpx.get(f"http://127.0.0.1:{house.http_port}/oauth/jwks")
        return {key["kid"] for key in answer.json()["keys"]}

    first = published()
    assert casewire(house, "keys", "renew").returncode == 0
    second = published()
    assert first < second and len(second) == 2 * len(first)
    assert casewire(house, "keys", "renew", "--distrust").returncode == 0
    assert len(published()) == len(first) and not published() & second
