"""What uploads may cost (S7): one byte over the limit is refused, and the memory of closed pages is
given back with the next page that comes or goes. Speaks to the server as a browser does.
"""

import http.client
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.cookies import SimpleCookie

import psutil
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from tests.conftest import Server, serve, wait_until
from tests.fork_server import ForkServer

MB = 2**20
LIMIT = 16 * MB
ALL = {"max_size": None, "max_queue": None, "close_timeout": 2}  # a websocket takes what comes


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, fork_server: ForkServer) -> Iterator[Server]:
    """A classroom with a low limit, where a page that is closed is forgotten after a second."""
    environment = {
        "LAB_MODE": "class",
        "STREAMLIT_SERVER_MAX_UPLOAD_SIZE": str(LIMIT // MB),
        "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": "1",
    }
    with serve(tmp_path_factory.mktemp("limits"), fork_server, **environment) as running:
        yield running


def test_class_mode_without_a_pin_is_reported_at_the_start(lab: Server) -> None:
    wait_until(lambda: "No teacher PIN is set" in lab.log.read_text())


@contextmanager
def page(server: Server) -> Iterator[str]:
    """An open page; the id of its session."""
    address = server.url.replace("http", "ws", 1) + "/_stcore/stream"
    with connect(address, subprotocols=["streamlit"], **ALL) as socket:
        asked = BackMsg()
        asked.rerun_script.query_string = ""
        socket.send(asked.SerializeToString())
        while True:
            said = ForwardMsg.FromString(socket.recv(60))
            if said.WhichOneof("type") == "new_session":
                yield said.new_session.initialize.session_id
                return


def upload(server: Server, session: str, size: int) -> int:
    """Sends a file of so many bytes, in pieces; the status of the answer."""
    headers = {name.lower(): value for name, value in server.get("/_stcore/health")[2].items()}
    token = SimpleCookie(headers["set-cookie"])["_streamlit_xsrf"].value
    line = secrets.token_hex(8)
    head = f'--{line}\r\nContent-Disposition: form-data; name="f"; filename="f.csv"\r\n\r\n'
    blocks = [min(MB, size - at) for at in range(0, size, MB)]
    body = [head.encode(), *map(bytes, blocks), f"\r\n--{line}--\r\n".encode()]
    link = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
    link.request(
        "PUT",
        f"/_stcore/upload_file/{session}/{secrets.token_hex(8)}",
        iter(body),
        {
            "Content-Type": f"multipart/form-data; boundary={line}",
            "X-Xsrftoken": token,
            "Cookie": f"_streamlit_xsrf={token}",
        },
        encode_chunked=True,
    )
    try:
        return link.getresponse().status
    finally:
        link.close()


def test_one_byte_more_than_the_limit_is_refused(lab: Server) -> None:
    with page(lab) as session:
        assert upload(lab, session, LIMIT) == 204
        assert upload(lab, session, LIMIT + 1) == 413
        assert upload(lab, session, 2 * LIMIT) == 413
    assert upload(lab, "nobody", 10) == 400


def test_the_memory_of_closed_pages_is_given_back(lab: Server) -> None:
    server = psutil.Process(lab.process.pid)

    def held() -> int:
        return server.memory_info().rss

    with page(lab) as session:  # what the first one brings into memory stays
        upload(lab, session, LIMIT)
    before = held()
    with ExitStack() as pages:
        for _ in range(10):
            session = pages.enter_context(page(lab))
            assert upload(lab, session, LIMIT) == 204
        assert held() > before + 8 * LIMIT

    def another_page_comes_and_goes() -> bool:
        """Then Streamlit looks which pages are closed for longer than it keeps them."""
        with page(lab):
            return held() < 1.1 * before

    wait_until(another_page_comes_and_goes, 60, "10 % of what was held before")
