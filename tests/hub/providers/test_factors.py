"""What a provider says of second factors, and what it does not stand for."""

from uuid import UUID

from tests.hub.providers.bent import CLIENT, SECRET
from tests.hub.providers.offices import Office, Town
from tests.hub.providers.test_identities import home_of


async def test_the_word_of_one_office_stands_for_no_factor_of_whom_another_knows(town: Town) -> None:
    """Nor that of an office where they have no place, whose administrator named the same provider: what somebody set up
    against a password that was spied out guards all of their account."""
    office, other = await town.office(mfa_amr=["pwd"]), await town.office()
    office.shop.userinfo = {"sub": office.shop.subject}
    office.shop.more = {"amr": ["pwd"]}
    await (await home_of(office, office.ann)).app()
    assert (await office.enter()).json()["id"] == str(office.ann.id)
    body = {"name": "Same", "issuer": office.shop.issuer, "client_id": CLIENT, "client_secret": SECRET}
    made = await other.admin.made(f"/v1/orgs/{other.org}/providers", body | {"mfa_amr": ["pwd"]})
    strangers = Office(
        town.world, office.site, office.shop, other.org, other.admin, other.ann, UUID(made["id"])
    )
    assert "totp" in (await strangers.enter()).json()["mfa"]
    await town.world.seat(office.ann.id, other.org, "outside")
    for way in (office, strangers):
        assert "totp" in (await way.enter()).json()["mfa"]
