"""The stream of the live charts, without a browser."""

import asyncio

from core.runs.store import Store
from pages.kit import feed
from tests.conftest import in_a_loop


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


def test_many_listeners_are_updated_less_often():
    assert feed.pause(1) == feed.pause(15) == feed.READ_EVERY
    assert feed.pause(30) == 2 * feed.READ_EVERY
