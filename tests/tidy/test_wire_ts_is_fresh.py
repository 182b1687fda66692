"""The client's types are the server's Structs: a change of the language must reach `wire.ts`."""

from decimal import Decimal

import msgspec.inspect as look
import pytest

from deploy import generate_ts


def test_wire_ts_is_fresh() -> None:
    written = generate_ts.TARGET.read_text(encoding="utf-8")
    assert written == generate_ts.render(), "run: python -m deploy.generate_ts"


def test_generator_refuses_a_type_it_cannot_spell() -> None:
    with pytest.raises(TypeError, match="no TypeScript spelling"):
        generate_ts.spell(look.type_info(Decimal))
