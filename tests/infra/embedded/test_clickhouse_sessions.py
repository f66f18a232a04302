from infra.embedded.clickhouse.sessions import MAX_SESSIONS
from infra.embedded.clickhouse.sessions import SessionMemory


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_statements_come_back_in_order_and_only_for_their_session() -> None:
    memory = SessionMemory(Clock())
    memory.keep("a", "SET x = 1", 60)
    memory.keep("a", "USE d", 60)
    assert memory.recall("a") == ["SET x = 1", "USE d"]
    assert memory.recall("b") == []


def test_an_idle_session_expires_and_a_used_one_does_not() -> None:
    clock = Clock()
    memory = SessionMemory(clock)
    memory.keep("a", "SET x = 1", 60)
    clock.now_s = 50.0
    memory.touch("a", 60)
    clock.now_s = 100.0
    assert memory.recall("a") == ["SET x = 1"]
    clock.now_s = 111.0
    assert memory.recall("a") == []
    memory.keep("a", "SET y = 2", 60)
    assert memory.recall("a") == ["SET y = 2"]


def test_the_oldest_session_makes_room() -> None:
    memory = SessionMemory(Clock())
    for number in range(MAX_SESSIONS + 1):
        memory.keep(str(number), "SET x = 1", 60)
    assert memory.recall("0") == []
    assert memory.recall("1") == ["SET x = 1"]
