"""Every route the gateway documents answers on a terminal that runs."""

from typing import Final

from tests.e2e.desk import Desk
from tests.e2e.routes import answers_of
from tests.e2e.routes import wrong

# Fewer would mean that routes are passed over.
LEAST: Final = 100


def test_every_route_answers_on_a_live_terminal(desk: Desk) -> None:
    answers = answers_of(desk)
    assert len(answers) >= LEAST
    assert wrong(answers) == {}
