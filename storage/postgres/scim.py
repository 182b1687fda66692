"""What the directory of an organisation says of its people, and the filters with which it asks for them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from scim2_models import InvalidFilterException
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)

from schemas.limits import SCIM_FILTER_TERMS_MAX

_ENTRY = """e.person, e.address, e.person_name, e.seat, e.kept, e.user_name, e.external_id, e.display_name,
    e.name, e.emails, e.role, e.silent, e.made_at, e.changed_at,
    coalesce((select json_agg(json_build_object('id', t.id, 'name', t.name) order by t.name) from team_members m
        join teams t on t.id = m.team and t.dissolved_at is null
        where m.person = e.person and m.org = $1 and m.left_at is null), '[]') as teams"""
ONE = f"select {_ENTRY} from scim_people($1, $2) e"

STANDING = "select ours, fresh from scim_standing($1, $2)"
OUTSIDER = "select scim_outsider($1, $2)"
# The asker's place, and what those get whom the directory sends without a role.
RULE = """select o.scim_role, (select g.role from grants g where g.person = (select me()) and g.scope = o.id) as mine
    from organisations o where o.id = $1"""
SENT = """select (select count(*) from scim_people($1, null) where kept) as people,
    (select count(*) from scim_groups where org = $1) as groups,
    greatest((select max(changed_at) from scim_people($1, null) where kept),
        (select max(changed_at) from scim_groups where org = $1)) as changed_at"""
SET_RULE = "select set_scim_role($1, $2)"
NAMED = "select person from scim_people($1, null) where lower(user_name) = lower($2) and person <> $3"
OTHERS_GOVERN = "select exists (select 1 from scim_people($1, null) where seat = 'admin' and person <> $2)"
SAVE = """insert into scim_users as u (org, person, user_name, external_id, display_name, name, emails, role, seated,
        silent, made_at, changed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
    on conflict (org, person) do update set user_name = $3, external_id = $4, display_name = $5, name = $6, emails = $7,
        role = $8, seated = u.seated or $9, silent = $10, changed_at = $11"""
FORGET = "delete from scim_users where org = $1 and person = $2"
RENAME = "select scim_rename($1, $2, $3, $4)"
SEAT_AGAIN = "select scim_seat($1, $2, $3, $4)"
END_SESSIONS = "select *, false as here from end_sessions_of($1, $2, $3, $4)"
WAITING = """select id from invitations where org = $1 and (person = $2 or email = $3::text) and used_at is null
    and answered_at is null and withdrawn_at is null"""

_KNOWN = "known as materialized (select person from scim_people($1, null))"
_GROUP = """t.id, t.name, g.external_id, t.made_at, coalesce(g.changed_at, t.made_at) as changed_at, t.revision,
    array(select m.person from team_members m join known k on k.person = m.person where m.team = t.id
        and m.left_at is null order by m.since, m.person) as members
    from teams t left join scim_groups g on g.team = t.id where t.org = $1 and t.dissolved_at is null"""
GROUP = f"with {_KNOWN} select {_GROUP} and t.id = $2"
SAVE_GROUP = """insert into scim_groups (team, org, external_id, changed_at) values ($1, $2, $3, $4)
    on conflict (team) do update set external_id = $3, changed_at = $4"""


def listing(condition: str) -> str:
    """Users of $1 that `condition` holds for, in the order of their ids: $2 of them after the first $3. One row at
    least: `total` counts them all."""
    return f"""with found as (select * from scim_people($1, null) where {condition}),
        page as (select * from found order by person limit $2 offset $3)
        select t.total, e.* from (select count(*) as total from found) t
        left join (select {_ENTRY} from page e) e on true order by e.person"""


def group_listing(condition: str) -> str:
    """The same for groups."""
    return f"""with {_KNOWN}, every as (select {_GROUP}), found as (select * from every where {condition}),
        page as (select * from found order by id limit $2 offset $3)
        select t.total, e.* from (select count(*) as total from found) t left join page e on true order by e.id"""


class Column(NamedTuple):
    """An attribute as SQL: its expression, whether case counts, and, of a list, what gives its values as `v`."""

    sql: str
    exact: bool = False
    boolean: bool = False
    values: str = ""


USERS = {
    "id": Column("person::text", exact=True),
    "username": Column("user_name"),
    "externalid": Column("external_id", exact=True),
    "displayname": Column("display_name"),
    "name.familyname": Column("name ->> 'familyName'"),
    "name.givenname": Column("name ->> 'givenName'"),
    "active": Column("(seat is not null)", boolean=True),
    "emails": Column("v", values="select m ->> 'value' as v from jsonb_array_elements(emails) m"),
}

GROUPS = {
    "id": Column("id::text", exact=True),
    "displayname": Column("name"),
    "externalid": Column("external_id", exact=True),
    "members": Column("v", exact=True, values="select m::text as v from unnest(members) m"),
}

_COMPARED = {
    CompareOperator.eq: "{a} is not distinct from {b}",
    CompareOperator.ne: "{a} is distinct from {b}",
    CompareOperator.co: "strpos({a}, {b}) > 0",
    CompareOperator.sw: "starts_with({a}, {b})",
    CompareOperator.ew: "right({a}, length({b})) = {b}",
}


class Condition(FilterVisitor[str]):
    """A filter as a condition in SQL; its values become parameters from `$first` on, gathered in `values`.

    What is a column of `others` alone is not so. Raises `InvalidFilterException` for what is a column of neither, and
    for more terms than are looked at.
    """

    def __init__(
        self, columns: Mapping[str, Column], first: int, others: Mapping[str, Column] | None = None
    ) -> None:
        self.columns, self.first, self.others = columns, first, others or {}
        self.values: list[Any] = []
        self._terms = 0

    def visit_comparison(self, node: Comparison) -> str:
        column = self._column(node.attr_path)
        return self._compared(column, node.op, node.value) if column else "false"

    def visit_present(self, node: Present) -> str:
        column = self._column(node.attr_path)
        if column is None:
            return "false"
        present = f"coalesce({column.sql}::text, '') <> ''"
        return f"exists (select 1 from ({column.values}) l where {present})" if column.values else present

    def visit_not(self, node: Not) -> str:
        return f"not coalesce({self.visit(node.expr)}, false)"

    def visit_logical_expr(self, node: LogicalExpr) -> str:
        word = " and " if node.op == LogicalOperator.and_ else " or "
        return f"({word.join(self.visit(term) for term in node.terms)})"

    def visit_value_path(self, node: ValuePath) -> str:
        """`emails[value eq "x"]`: of a list that is kept only its values can be asked for."""
        inner = node.val_filter
        if isinstance(inner, Comparison) and str(inner.attr_path).lower() == "value":
            column = self._column(node.attr_path)
            return self._compared(column, inner.op, inner.value) if column else "false"
        raise InvalidFilterException(detail="Of a list only `value` can be compared.")

    def _column(self, path: AttrPath) -> Column | None:
        self._terms += 1
        if self._terms > SCIM_FILTER_TERMS_MAX:
            raise InvalidFilterException(detail=f"A filter has {SCIM_FILTER_TERMS_MAX} terms at most.")
        name = ".".join(part for part in (path.attr, path.sub_attr) if part).lower()
        plain = name.removesuffix(".value")
        column = self.columns.get(name) or self.columns.get(plain)
        if column is None and name not in self.others and plain not in self.others:
            raise InvalidFilterException(
                detail=f"Filters know {', '.join(self.columns)} and not {path.attr}."
            )
        return column

    def _compared(self, column: Column, op: CompareOperator, value: Any) -> str:
        if op not in _COMPARED or (column.boolean and op not in (CompareOperator.eq, CompareOperator.ne)):
            raise InvalidFilterException(detail=f"`{op.value}` is not known of this attribute.")
        if column.boolean and isinstance(value, str) and value.lower() in ("true", "false"):
            value = value.lower() == "true"
        if column.boolean is not isinstance(value, bool) or not isinstance(value, bool | str):
            raise InvalidFilterException(detail="A value of another type is needed.")
        self.values.append(value)
        given = f"${self.first + len(self.values) - 1}::{'boolean' if column.boolean else 'text'}"
        if column.values:
            one = _COMPARED[CompareOperator.eq if op == CompareOperator.ne else op]
            held = f"exists (select 1 from ({column.values}) l where {_folded(one, column, given)})"
            return f"not {held}" if op == CompareOperator.ne else held
        return _folded(_COMPARED[op], column, given)


def _folded(template: str, column: Column, given: str) -> str:
    if column.exact or column.boolean:
        return template.format(a=column.sql, b=given)
    return template.format(a=f"lower({column.sql})", b=f"lower({given})")
