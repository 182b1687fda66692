"""Rows for any table, made from the catalogue: what a test does not name gets a value of the column's type."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec

from schemas.ids import new_id

COLUMNS = """select c.relname as table, a.attname as name, format_type(a.atttypid, null) as type,
        (select r.confrelid::regclass::text from pg_constraint r where r.conrelid = c.oid and r.contype = 'f'
            and r.conkey = array[a.attnum] limit 1) as refers
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
        and a.attidentity = '' and a.attgenerated = ''
        and (a.attnotnull and not a.atthasdef or a.attname in
            ('audience', 'people', 'org', 'due_on', 'case_id', 'thing', 'email', 'wrapped'))
    order by 1, a.attnum"""

# Columns whose values a check or the meaning of the table narrows.
GIVEN: dict[tuple[str, str], Any] = {
    ("sessions", "kind"): "token",
    ("events", "kind"): "case",
    ("epoch", "singleton"): True,
    ("factors", "kind"): "totp",
    ("cases", "intake"): "{}",
    ("details", "fields"): "{}",
    ("oauth_apps", "kind"): "browser",
    ("oauth_apps", "id_token_alg"): "ES256",
    ("oauth_keys", "alg"): "ES256",
    ("data_keys", "kind"): "version",
    ("holds", "kind"): "case",
    ("dispositions", "kind"): "case",
    ("dispositions", "state"): "due",
    ("tombstones", "kind"): "case",
    ("removals", "kind"): "object",
    ("certificates", "kind"): "case",
    ("erasures", "state"): "asked",
}


class Rows:
    """Inserts rows over a connection that no policy binds. What other rows refer to is made once and shared."""

    def __init__(self, connection: Any, columns: dict[str, list[Any]]) -> None:
        self.connection, self.columns = connection, columns
        self.shared: dict[str, UUID] = {}
        self.n = 0

    @classmethod
    async def on(cls, connection: Any) -> "Rows":
        columns: dict[str, list[Any]] = {}
        for row in await connection.fetch(COLUMNS):
            columns.setdefault(row["table"], []).append(row)
        return cls(connection, columns)

    async def put(self, table: str, **given: Any) -> dict[str, Any]:
        """Insert a row; answers its values."""
        values: dict[str, Any] = {}
        for column in self.columns[table]:
            name = column["name"]
            if name in given:
                values[name] = given[name]
            elif (table, name) in GIVEN:
                values[name] = GIVEN[table, name]
            elif column["refers"] is not None and column["refers"] != table:
                values[name] = await self._shared(column["refers"], given)
            else:
                values[name] = self._value(column["type"])
        if table == "audit_entries":  # whose columns say what its bytes say
            said = {"log": values["log"], "case": values["case_id"], "by": {"person": values.get("person")}}
            values["entry"] = msgspec.json.encode(said)
        names = ", ".join(f'"{name}"' for name in values)
        places = ", ".join(f"${n}" for n in range(1, len(values) + 1))
        await self.connection.execute(f"insert into {table} ({names}) values ({places})", *values.values())
        return values

    async def _shared(self, table: str, given: dict[str, Any]) -> UUID:
        if table not in self.shared:
            kept = {name: given[name] for name in ("case_id", "org") if name in given}
            self.shared[table] = (await self.put(table, **kept))["id"]
        return self.shared[table]

    def _value(self, type: str) -> Any:
        self.n += 1
        values: dict[str, Any] = {
            "uuid": new_id(), "text": f"x{self.n}", "citext": f"x{self.n}@mail.test", "integer": self.n, "smallint": 1,
            "bigint": self.n, "boolean": False, "bytea": self.n.to_bytes(32, "big"), "jsonb": "[]", "json": "{}",
            "timestamp with time zone": datetime(2026, 1, 5, tzinfo=UTC), "date": date(2026, 1, 5),
            "tsvector": "", "text[]": [], "uuid[]": [], "bigint[]": [0, 0],
        }  # fmt: skip
        return values[type]


class More(Rows):
    """Rows with values also for columns that need none."""

    async def put(self, table: str, **given: Any) -> dict[str, Any]:
        have = {column["name"] for column in self.columns[table]}
        self.columns[table] += [{"name": name, "refers": None} for name in given if name not in have]
        try:
            return await super().put(table, **given)
        finally:
            self.columns[table] = [
                column
                for column in self.columns[table]
                if column["name"] not in given or column["name"] in have
            ]
