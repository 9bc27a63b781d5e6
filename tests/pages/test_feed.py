"""The stream of the live charts, without a browser."""

import asyncio

import pytest

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
    assert source.run not in feed._watches and not source.streamed


@pytest.mark.parametrize("streamed", [False, True])
def test_a_page_shows_the_moment_that_its_stream_has_sent(tmp_path, monkeypatch, streamed):
    now, store = [100.0], Store(tmp_path)
    monkeypatch.setattr(feed, "clock", lambda: now[0])
    source = feed.Tail(store, store.create("{}"))
    source.streamed = streamed

    def part() -> int:
        with source.snapshot() as history:
            return history.version

    write(store, source.run, script()[:10])
    assert part() == 10  # nothing was read before
    write(store, source.run, script()[10:15])
    now[0] += 1.0
    assert part() == (10 if streamed else 15)  # a part of the page never reads ahead of the stream
    assert source.advance() == part() == 15
    write(store, source.run, script()[15:20])
    now[0] += feed.STREAMED + 0.1  # the stream is stuck
    assert part() == 20


def test_many_listeners_are_updated_less_often():
    assert feed.pause(1) == feed.pause(15) == feed.READ_EVERY
    assert feed.pause(30) == 2 * feed.READ_EVERY
