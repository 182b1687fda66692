"""What a directory must not be able to do, and what somebody does who holds its token or wishes they did."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from schemas.limits import SCIM_FILTER_CHARS_MAX, SCIM_OPERATIONS_MAX
from tests.app import ABSENT, World, refused
from tests.hub.scim.conftest import GROUP, PATCH, USER, Directory, directory_of, service_of, wrong

ROUTES = [
    ("GET", "/Users"), ("POST", "/Users"), ("POST", "/Users/.search"), ("GET", "/Users/{user}"),
    ("PUT", "/Users/{user}"), ("PATCH", "/Users/{user}"), ("DELETE", "/Users/{user}"), ("GET", "/Groups"),
    ("POST", "/Groups"),
    ("POST", "/Groups/.search"), ("GET", "/Groups/{group}"), ("PUT", "/Groups/{group}"), ("PATCH", "/Groups/{group}"),
    ("DELETE", "/Groups/{group}"), ("POST", "/.search"), ("GET", "/ServiceProviderConfig"), ("GET", "/ResourceTypes"),
    ("GET", "/ResourceTypes/User"), ("GET", "/Schemas"), ("GET", f"/Schemas/{USER}"),
]  # fmt: skip
BODIES: dict[str, dict[str, Any]] = {
    "/Users": {"schemas": [USER], "userName": "intruder@x.test"},
    "/Groups": {"schemas": [GROUP], "displayName": "Intruders"},
    "PATCH": {
        "schemas": [PATCH],
        "Operations": [{"op": "replace", "path": "displayName", "value": "I was here"}],
    },
}


def body(method: str, path: str) -> Any:
    if method in ("GET", "DELETE"):
        return None
    return BODIES["PATCH"] if method == "PATCH" else BODIES.get(path[:7].rstrip("/"), BODIES["/Users"])


def set_(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


async def test_every_route_is_tried_here(directory: Directory) -> None:
    from tests.routes import all_routes

    held = {(route.method, route.path) for route in all_routes() if route.path.startswith("/scim/")}
    tried = {
        (method, "/scim/v2/{org:uuid}" + path.replace("{user}", "{id:uuid}").replace("{group}", "{id:uuid}")
         .replace("/User", "/{id:str}", path.startswith("/ResourceTypes/")).replace(USER, "{id:str}"))
        for method, path in ROUTES
    }  # fmt: skip
    assert tried == held


async def test_another_organisations_directory_finds_nothing(directory: Directory, world: World) -> None:
    user = await directory.user(roles=[{"value": "desk"}])
    group = await directory.group("Ours", user["id"])
    before = [(await directory.call("GET", path)).json() for path in ("/Users", "/Groups")]
    others = [
        (await directory_of(world, "scim", "admin")).service,
        await service_of(world, directory.org, role="desk"),  # ours, and no administrator
        await service_of(world, directory.org, role="outside"),
    ]
    for stranger in others:
        for method, path in ROUTES:
            named = path.format(user=user["id"], group=group["id"])
            answer = await directory.call(method, named, body(method, path), as_=stranger)
            absent = await directory.call(
                method, f"/scim/v2/{ABSENT}{named}", body(method, path), as_=stranger
            )
            assert wrong(answer, 404) == wrong(absent, 404)
    assert [(await directory.call("GET", path)).json() for path in ("/Users", "/Groups")] == before


async def test_no_other_scope_opens_it(directory: Directory, world: World) -> None:
    user, group = await directory.user(), await directory.group()
    tokens = [
        directory.admin,
        await world.token(directory.admin, kind="browser"),
        await service_of(world, directory.org, "read", "write", "admin"),
    ]
    for token in tokens:
        for method, path in ROUTES:
            named = path.format(user=user["id"], group=group["id"])
            error = wrong(await directory.call(method, named, body(method, path), as_=token), 403)
            assert error["detail"].startswith("scope:")


@pytest.mark.parametrize(
    "path", ["/v1/me", "/v1/people?org={org}", "/v1/cases", "/v1/orgs/{org}/teams", "/v1/search?q=x"]
)
async def test_its_scope_opens_nothing_else(directory: Directory, path: str) -> None:
    refused(await directory.service.get(path.format(org=directory.org)), 403, "scope")


async def test_an_ended_token_is_over_at_once(directory: Directory, world: World) -> None:
    await directory.user()
    await world.pool.execute("update sessions set ended_at = now() where id = $1", directory.service.session)
    wrong(await directory.create(), 401)


async def test_administrators_are_beyond_a_plain_token(directory: Directory, world: World) -> None:
    other = await world.person(directory.org, "admin")
    path = f"/Users/{other.id}"
    user = (await directory.call("GET", path)).json()
    for answer in (
        await directory.create(roles=[{"value": "admin"}]),
        await directory.patch(path, set_("active", False)),
        await directory.patch(path, set_("roles", [{"value": "desk"}])),
        await directory.call("PUT", path, user | {"roles": [{"value": "outside"}]}),
        await directory.call("PUT", path, user | {"active": False}),
        await directory.call("DELETE", path),
        await directory.patch(
            f"/Users/{(await directory.user())['id']}", set_("roles", [{"value": "admin"}])
        ),
    ):
        assert wrong(answer, 403)["detail"].startswith("forbidden:")
    assert await directory.role(str(other.id)) == "admin"


async def test_the_last_administrator_stays_whatever_the_token_may(world: World) -> None:
    directory = await directory_of(world, "scim", "admin")
    made = await directory.user(roles=[{"value": "admin"}])
    assert await directory.role(made["id"]) == "admin"
    assert (await directory.patch(f"/Users/{directory.admin.id}", set_("active", False))).status_code == 200
    path = f"/Users/{made['id']}"
    for answer in (
        await directory.patch(path, set_("active", False)),
        await directory.patch(path, set_("roles", [{"value": "desk"}])),
        await directory.call("DELETE", path),
    ):
        assert "keeps an administrator" in wrong(answer, 409)["detail"]
    assert await directory.role(made["id"]) == "admin"


async def test_of_two_who_put_out_the_last_two_administrators_one_succeeds(world: World) -> None:
    directory = await directory_of(world, "scim", "admin")
    other = await world.person(directory.org, "admin")
    answers = await asyncio.gather(
        *(directory.call("DELETE", f"/Users/{person.id}") for person in (directory.admin, other))
    )
    assert sorted(answer.status_code for answer in answers) == [204, 409]


async def test_a_service_is_no_user(directory: Directory) -> None:
    shown = (await directory.call("GET", "/Users")).json()
    assert {user["id"] for user in shown["Resources"]} == {str(directory.admin.id)}
    wrong(await directory.call("DELETE", f"/Users/{directory.service.id}"), 404)


async def test_names_are_there_once(directory: Directory, world: World) -> None:
    one, two = await directory.user(), await directory.user()
    wrong(await directory.create(one["userName"].upper()), 409, "uniqueness")
    wrong(await directory.create(one["userName"], emails=[{"value": "new@x.test"}]), 409, "uniqueness")
    wrong(await directory.patch(f"/Users/{two['id']}", set_("userName", one["userName"])), 409, "uniqueness")
    wrong(
        await directory.patch(f"/Users/{two['id']}", set_("userName", directory.admin.email)),
        409,
        "uniqueness",
    )
    # Nor does one take the address of somebody else, here or elsewhere.
    stranger = await world.person()
    for address in (one["userName"], stranger.email, directory.admin.email):
        wrong(
            await directory.patch(f"/Users/{two['id']}", set_('emails[type eq "work"].value', address)), 409
        )
    assert (await directory.row(two["id"]))["email"] == two["userName"]
    assert (await directory.row(str(stranger.id)))["email"] == stranger.email
    wrong(await directory.create(emails=[{"value": one["userName"]}]), 409, "uniqueness")


async def test_of_many_who_race_for_a_name_exactly_one_gets_it(directory: Directory) -> None:
    name, address = uuid4().hex, f"{uuid4().hex}@firm.test"
    answers = await asyncio.gather(
        *(
            directory.create(name, emails=[{"value": address if n % 2 else f"{n}.{address}"}])
            for n in range(12)
        )
    )
    codes = sorted(answer.status_code for answer in answers)
    assert codes.count(201) == 1
    assert set(codes) <= {201, 409}, codes
    found = await directory.call("GET", "/Users", filter=f'userName eq "{name}"')
    assert found.json()["totalResults"] == 1
    names = await directory.world.pool.fetchval(
        "select count(*) from people where email like '%' || $1", address
    )
    assert names == 1


FILTERS = [
    "userName", "userName eq", 'userName eq "x', "userName xx \"y\"", 'nope eq "x"', 'password eq "x"', "password pr",
    'meta.lastModified gt "2020-01-01T00:00:00Z"', 'userName gt "a"', "userName eq 5", 'active co "x"',
    'active eq "perhaps"', 'emails[type eq "work"]', 'emails[value eq "x" and type eq "y"]', 'groups eq "x"',
    'name eq "x"', "userName eq \"x\" and", "(" * 200 + 'userName eq "x"' + ")" * 199,
    " or ".join(['userName eq "x"'] * 30), "not (" * 60 + 'userName eq "x"' + ")" * 60,
    'userName eq "' + "x" * SCIM_FILTER_CHARS_MAX + '"', "'; drop table people; --", 'userName eq "x" or 1=1',
]  # fmt: skip


@pytest.mark.parametrize("filter", FILTERS, ids=range(len(FILTERS)))
async def test_filters_that_are_none(directory: Directory, filter: str) -> None:
    wrong(await directory.call("GET", "/Users", filter=filter), 400, "invalidFilter")
    wrong(await directory.call("POST", "/Users/.search", {"filter": filter}), 400, "invalidFilter")


async def test_values_in_filters_are_values(directory: Directory) -> None:
    for value in ("' or 'x'='x", "\\u0000", "%", "_", "\\\\", "x\\u2028y", "$1", "😀"):
        answer = await directory.call("GET", "/Users", filter=f'displayName eq "{value}"')
        if value == "\\u0000":
            wrong(answer, 400, "invalidValue")
        else:
            assert answer.json()["totalResults"] == 0


@pytest.mark.parametrize(
    ("operations", "keyword"),
    [
        ([set_("actve", False)], "invalidPath"),
        ([set_("emails[", "x")], "invalidPath"),
        ([set_("urn:x:y:nope", "x")], "invalidPath"),
        ([set_("a.b.c.d", "x")], "invalidPath"),
        ([{"op": "replace", "value": {"actve": False}}], "invalidValue"),
        ([{"op": "replace", "path": "active"}], "invalidValue"),
        ([{"op": "zap", "path": "active", "value": True}], "invalidValue"),
        ([{"op": "remove"}], "noTarget"),
        ([{"op": "remove", "path": "userName"}], "mutability"),
        ([set_("id", str(ABSENT))], "mutability"),
        ([set_("groups", [{"value": str(ABSENT)}])], "mutability"),
        ([set_("meta.version", "x")], "mutability"),
        ([set_("active", "perhaps")], "invalidValue"),
        ([set_("roles", [{"value": "owner"}])], "invalidValue"),
        ([set_("roles", [{"value": "desk"}, {"value": "outside"}])], "invalidValue"),
        ([set_("userName", "")], "invalidValue"),
        ([set_("userName", " ")], "invalidValue"),
        ([set_("userName", "x" * 501)], "invalidValue"),
        ([set_("displayName", "x" * 501)], "invalidValue"),
        ([set_("displayName", "a\0b")], "invalidValue"),
        ([set_("emails", [{"value": "no address"}])], "invalidValue"),
        ([set_("emails", [{"value": f"{n}@x.test"} for n in range(11)])], "invalidValue"),
        ([set_("emails", [{"value": "a@x.test", "primary": True}, {"value": "b@x.test", "primary": True}])],
         "invalidValue"),
        ([set_("displayName", "x")] * (SCIM_OPERATIONS_MAX + 1), "invalidValue"),
        ([], "invalidValue"),
        ("all of them", "invalidValue"),
        (None, "invalidValue"),
    ],
    ids=str,
)  # fmt: skip
async def test_patches_that_are_none_change_nothing(
    directory: Directory, operations: Any, keyword: str
) -> None:
    user = await directory.user(displayName="As before")
    first = set_("displayName", "half done")
    if isinstance(operations, list) and operations:
        operations = [first, *operations]
    body = {"schemas": [PATCH], "Operations": operations}
    wrong(await directory.call("PATCH", f"/Users/{user['id']}", body), 400, keyword)
    assert (await directory.call("GET", f"/Users/{user['id']}")).json() == user


@pytest.mark.parametrize(
    ("content", "status", "keyword"),
    [
        (b"", 400, "invalidSyntax"),
        (b"{", 400, "invalidSyntax"),
        (b"[]", 400, "invalidSyntax"),
        (b"null", 400, "invalidSyntax"),
        (b"\xff\xfe", 400, "invalidSyntax"),
        (b"[" * 100_000, 400, "invalidSyntax"),
        (b'{"schemas": ["urn:x"], "userName": "a@x.test"}', 400, "invalidSyntax"),
        (b'{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}', 400, "invalidValue"),
        (b'{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": 7}', 400, "invalidValue"),
        (b'{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "nobody"}', 400, "invalidValue"),
        (b'{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "a\\u0000@x.test"}', 400,
         "invalidValue"),
        (b" " * (1 << 20) + b"{}", 413, None),
    ],
    ids=range(12),
)  # fmt: skip
async def test_bodies_that_are_no_users(
    directory: Directory, content: bytes, status: int, keyword: str
) -> None:
    wrong(await directory.call("POST", "/Users", content), status, keyword)


async def test_media_types_and_methods_and_places_that_are_none(directory: Directory) -> None:
    text = await directory.call("POST", "/Users", b"{}", headers={"content-type": "text/plain"})
    wrong(text, 415)
    wrong(await directory.call("DELETE", "/Users"), 405)
    wrong(await directory.call("POST", "/Bulk", {}), 404)
    wrong(await directory.call("GET", "/Me"), 404)
    wrong(await directory.call("GET", "/Users/not-an-id"), 404)
    for place in ("/scim/v2/not-an-id/Users", "/scim/v2", "/scim/v1/Users", "/scim/nothing"):
        wrong(await directory.call("GET", place), 404)
    wrong(await directory.call("GET", "/Schemas/urn:nope"), 404)
    wrong(await directory.call("GET", "/Schemas", filter='id eq "x"'), 403)
    wrong(await directory.call("GET", "/Users", count="many"), 400, "invalidValue")
    for start in (0, -1, 2**31, 2**63, 10**30):
        answer = await directory.call("GET", "/Users", startIndex=start)
        assert answer.status_code == 200, answer.text


async def test_text_of_every_kind_is_kept_as_it_was(directory: Directory) -> None:
    for name in (
        "Łukasz \u202e Ω",
        "e\u0301",
        "\u00e9",
        "<script>alert(1)</script>",
        "\r\nSubject: x",
        "👩‍⚖️" * 50,
    ):
        user = await directory.user(displayName=name)
        assert user["displayName"] == name
        assert (await directory.row(user["id"]))["name"] == name
        body = await directory.world.pool.fetchval(
            "select body from mails where recipient = $1", user["userName"]
        )
        assert "\r\nSubject: x" not in body


async def test_ten_thousand_members_are_too_many(directory: Directory) -> None:
    group = await directory.group()
    many = [{"value": str(UUID(int=n))} for n in range(10_000)]
    path = f"/Groups/{group['id']}"
    answer = await directory.patch(path, {"op": "add", "path": "members", "value": many})
    assert "200 members at most" in wrong(answer, 400, "invalidValue")["detail"]
    answer = await directory.call(
        "POST", "/Groups", {"schemas": [GROUP], "displayName": "Many", "members": many}
    )
    wrong(answer, 400, "invalidValue")
    assert (await directory.call("GET", path)).json() == group
