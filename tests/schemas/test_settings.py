"""Settings are read once, refuse what is unsafe, and never show a secret."""

import pytest

from schemas.settings import DEFAULT_SECRET, Secret, Settings, SettingsError, as_role

PRODUCTION = {
    "CASEWIRE_MODE": "production",
    "CASEWIRE_SECRET": "k" * 32,
    "CASEWIRE_PUBLIC_URL": "https://cases.example",
    "CASEWIRE_LIVE_URL": "wss://cases.example",
    "CASEWIRE_FILES_URL": "https://files.example",
}


def test_production_starts_with_secrets_of_its_own_and_tls() -> None:
    assert Settings.read(PRODUCTION).secure


@pytest.mark.parametrize("secret", ["", DEFAULT_SECRET, "short"])
def test_production_refuses_a_default_or_short_secret(secret: str) -> None:
    with pytest.raises(SettingsError, match=r"^CASEWIRE_SECRET must be set"):
        Settings.read(PRODUCTION | {"CASEWIRE_SECRET": secret})


@pytest.mark.parametrize("name", ["CASEWIRE_PUBLIC_URL", "CASEWIRE_LIVE_URL", "CASEWIRE_FILES_URL"])
def test_production_refuses_an_address_without_tls(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} must be"):
        Settings.read(PRODUCTION | {name: "http://cases.example"})


@pytest.mark.parametrize(
    "environ", [{"CASEWIRE_MODE": "prod"}, {"CASEWIRE_HTTP_PORT": "eight"}, {"CASEWIRE_POSTGRES_POOL": "1.5"}]
)
def test_a_wrong_value_names_its_variable(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=next(iter(environ))):
        Settings.read(environ)


def test_no_way_of_printing_shows_a_secret() -> None:
    settings = Settings.read(
        {
            "CASEWIRE_SECRET": "hush-signing",
            "CASEWIRE_NATS_PASSWORD": "hush-nats",
            "CASEWIRE_S3_SECRET_KEY": "hush-s3",
            "CASEWIRE_POSTGRES": "postgresql://casewire_app:hush-app@db.example:5432/casewire",
            "CASEWIRE_NATS": "nats://hub:hush-url@one.example:4222,nats://hub:hush-url@two.example:4222",
            "CASEWIRE_SMTP": "smtp://mailer:hush-mail@smtp.example:587",
        }
    )
    secret = settings.secret
    for shown in (
        repr(settings), str(settings), f"{settings}", f"{settings!r}", "{}".format(settings),  # noqa: UP032
        repr(secret), str(secret), f"{secret}", f"{secret:>40}", f"{secret!r}",
        "{} {!r}".format(secret, secret), repr([secret]),  # noqa: UP032
    ):  # fmt: skip
        assert "hush" not in shown, shown
    assert "db.example" in repr(settings) and "mailer" in repr(settings)
    assert secret.reveal() == "hush-signing"
    assert isinstance(secret, Secret)


def test_the_other_roles_follow_the_first_dsn_and_its_password() -> None:
    settings = Settings.read(
        {"CASEWIRE_POSTGRES": "postgresql://casewire_app:pw@db.example:6432/casewire?ssl=require"}
    )
    assert settings.postgres_owner == "postgresql://casewire_owner:pw@db.example:6432/casewire?ssl=require"
    assert as_role("postgresql://casewire_app@/casewire?host=/run/pg", "casewire_system") == (
        "postgresql://casewire_system@/casewire?host=/run/pg"
    )
    assert as_role("", "casewire_owner") == ""
