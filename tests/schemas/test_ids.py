"""Ids are UUIDv7 and sort by when they were made, also within a millisecond."""

import time

from schemas.ids import new_id


def test_new_id_is_a_uuid_of_version_7_of_now() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id()
    assert made.version == 7 and made.variant == "specified in RFC 4122"
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000


def test_ids_of_one_process_sort_in_the_order_they_were_made() -> None:
    made = []
    for _ in range(2_000):
        made.append(new_id())
        start = time.time_ns()
        while time.time_ns() - start < 500:  # two ticks of the 12-bit fraction, 244 ns each
            pass
    assert made == sorted(made) and len(set(made)) == len(made)
