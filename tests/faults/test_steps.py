"""What is drawn from a seed can be drawn again, and everything that can be drawn is known to the town."""

from collections import Counter
from itertools import islice

from tests.faults.steps import KINDS, LINES, LISTENERS_MAX, OURS, draw

SERVERS = ("nats", "postgres", "worker")


def test_a_seed_gives_the_same_steps_again_and_another_seed_gives_others() -> None:
    assert list(islice(draw(7), 200)) == list(islice(draw(7), 200)) != list(islice(draw(8), 200))


def test_a_thousand_steps_hold_every_kind_and_only_places_that_there_are() -> None:
    steps = list(islice(draw(7), 1000))
    assert Counter(step.what for step in steps).keys() == KINDS.keys()
    places = {*OURS, *SERVERS, *LINES, *map(str, range(LISTENERS_MAX))}
    assert {step.where for step in steps} <= places
    assert all((step.seconds > 0) == (KINDS[step.what].seconds[1] > 0) for step in steps)
