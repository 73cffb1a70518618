"""What is remembered of the control database, and what is forgotten first."""

import asyncio

from api.remembered import Remembered


class _Database:
    """Knows keys that begin with `good`, and counts how often it was asked for each."""

    def __init__(self) -> None:
        self.asked: dict[bytes, int] = {}

    def find(self, subject: bytes) -> str | None:
        self.asked[subject] = self.asked.get(subject, 0) + 1
        return subject.decode() if subject.startswith(b"good") else None


def test_wrong_ones_never_push_out_right_ones() -> None:
    database = _Database()

    async def scenario() -> None:
        remembered = Remembered(database.find, 60, 4)
        assert await remembered.get(b"good") == "good"
        for number in range(20):
            assert await remembered.get(b"bad%d" % number) is None
        assert await remembered.get(b"bad19") is None
        assert await remembered.get(b"good") == "good"

    asyncio.run(scenario())
    assert set(database.asked.values()) == {1}


def test_only_the_oldest_makes_room() -> None:
    database = _Database()

    async def scenario() -> None:
        remembered = Remembered(database.find, 60, 4)
        for subject in (b"good0", b"good1", b"good2", b"good3", b"good4", b"good1", b"good0"):
            await remembered.get(subject)

    asyncio.run(scenario())
    assert database.asked == {b"good0": 2, b"good1": 1, b"good2": 1, b"good3": 1, b"good4": 1}


def test_what_was_right_and_is_so_no_longer_is_noticed() -> None:
    answers = ["right", None]

    async def scenario() -> None:
        remembered = Remembered(lambda _: answers.pop(0), 0.0, 4)
        assert await remembered.get(b"key") == "right"
        assert remembered.holds(b"key")
        assert await remembered.get(b"key") is None
        assert not remembered.holds(b"key")

    asyncio.run(scenario())
