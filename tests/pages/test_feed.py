"""The stream of the live charts, without a browser."""

import asyncio

from core.runs.store import Store
from pages.kit import feed
from tests.conftest import in_a_loop, script, write


def test_an_unreadable_file_ends_the_stream_so_that_the_browser_reconnects(tmp_path):
    store = Store(tmp_path)
    source = feed.Tail(store, store.create("{}"))

    def fails():
        raise OSError(24, "Too many open files")

    async def listen():
        heard = []
        async for text in feed.Watch(source).deltas(""):
            heard.append(text)
            source.advance = fails
        return heard

    heard = in_a_loop(asyncio.wait_for(listen(), 20))
    assert len(heard) == 1 and "event: delta" in heard[0]
    assert source.run not in feed._watches


def test_all_parts_of_a_page_and_its_charts_show_the_same_moment(tmp_path, monkeypatch):
    """Events arrive between two parts of a page that are drawn within the same second."""
    now, store = [100.0], Store(tmp_path)
    monkeypatch.setattr(feed, "clock", lambda: now[0])
    source = feed.Tail(store, store.create("{}"))
    events = script()

    def part() -> int:
        with source.snapshot() as history:
            return history.version

    for second in range(3):
        write(store, source.run, events[10 * second : 10 * second + 5])
        tiles = part()
        write(store, source.run, events[10 * second + 5 : 10 * second + 10])
        now[0] += 0.3
        assert part() == source.follow() == tiles
        now[0] += 0.7
    with source.read() as history:
        assert history.version == 30  # whoever asks for the newest events gets them
    write(store, source.run, events[30:32])
    now[0] += feed.FOLLOWED
    assert source.follow() == 32  # nobody looks at the numbers any more


def test_many_listeners_are_updated_less_often():
    assert feed.pause(1) == feed.pause(15) == feed.READ_EVERY
    assert feed.pause(30) == 2 * feed.READ_EVERY
