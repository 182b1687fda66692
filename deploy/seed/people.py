"""The two organisations and everybody in them."""

from uuid import UUID

from deploy.seed.actor import ZONE, Stage, fixed
from hub.sessions import passwords
from schemas.ids import new_id
from storage.postgres import operator

FIRM, TOWN = fixed("Harbor & Finch LLP"), fixed("Town of Millbrook")

ORGANISATIONS: tuple[tuple[UUID, str, list[str]], ...] = (
    (FIRM, "Harbor & Finch LLP", ["legal_matter"]),
    (TOWN, "Town of Millbrook", ["service_request"]),
)

# Organisation, address, name, zone, place. The first of each organisation is its administrator.
PEOPLE: tuple[tuple[UUID, str, str, str, str], ...] = (
    (FIRM, "partner@firm.test", "Eleanor Finch", ZONE, "admin"),
    (FIRM, "lawyer@firm.test", "Daniel Okafor", ZONE, "desk"),
    (FIRM, "zhao@firm.test", "Zhao Mei-Ling", ZONE, "desk"),
    (FIRM, "angstrom@firm.test", "Søren Ångström", "Europe/Copenhagen", "desk"),
    (FIRM, "raghunathan@firm.test", "Priya Raghunathan", "Asia/Kolkata", "desk"),
    (FIRM, "nunez@firm.test", "José Ángel Núñez Ibáñez", "America/Bogota", "desk"),
    (FIRM, "client@mail.test", "Tomasz Wiśniewski", ZONE, "outside"),
    (FIRM, "nguyen@mail.test", "Nguyễn Thị Minh Anh", "America/Chicago", "outside"),
    (FIRM, "benali@bridge-law.test", "Fatima-Zahra Benali", "Africa/Casablanca", "outside"),
    (TOWN, "officer@city.test", "Rosa Delgado", ZONE, "admin"),
    (TOWN, "mensah@city.test", "Kwame Mensah", ZONE, "desk"),
    (TOWN, "yamada@city.test", "山田 花子 (Hanako Yamada)", ZONE, "desk"),
    (TOWN, "resident@mail.test", "Aino Virtanen", ZONE, "outside"),
    (TOWN, "shevchenko@mail.test", "Дмитро Шевченко", ZONE, "outside"),
)


async def seed(stage: Stage) -> None:
    system = stage.hub.database.system
    for org, name, types in ORGANISATIONS:
        await system.execute(operator.MAKE_ORGANISATION, org, name, ZONE, types, stage.base)
    # All times count from the first run, so that a second one says the same again.
    stage.base = await system.fetchval(operator.MADE_AT, FIRM)
    stage.now = stage.ago(61)
    for org, email, name, zone, place in PEOPLE:
        person = await system.fetchval(operator.PERSON, email)
        if person is None:
            person = new_id()
            secret = await passwords.hashed(stage.hub.settings.demo_password)
            await system.execute(operator.MAKE_PERSON, person, email, name, zone, secret, stage.base)
        stage.people[email] = person
        if place == "admin":
            await system.execute(operator.MAKE_ADMINISTRATOR, person, org, stage.base)
        else:
            await system.execute(operator.SEAT, person, org, place, stage.base)
