"""The pages of the lab: file, title and icon of each, by group. The router and the tests of the
whole site read them here. Their addresses are answered here, too.
"""

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute, Route
from streamlit import file_util

GROUPS = {
    "": [("start", "Start", "home")],
    "Prepare": [
        ("data", "Data", "grid_view"),
        ("network", "Network", "layers"),
        ("train", "Train", "tune"),
    ],
    "Observe": [("watch", "Watch", "monitoring"), ("runs", "Runs", "table_rows")],
    "Explore": [
        ("double_descent", "Double descent", "elevation"),
        ("search", "Search", "travel_explore"),
        ("concepts", "Concepts", "school"),
        ("lessons", "Lessons", "menu_book"),
    ],
    "Use": [("predict", "Predict", "draw")],
}
PAGES = tuple(name for rows in GROUPS.values() for name, _, _ in rows)
SERVER = "window.__streamlit = {BACKEND_BASE_URL: new URL('./', location.href).href}"


def routes() -> list[BaseRoute]:
    """Return the routes of the pages' addresses, such as /train. Start has that of the server."""
    return [Route(f"/{name}", index) for name in PAGES]


async def index(request: Request) -> HTMLResponse:
    """Answer a page's address with Streamlit's HTML, which names the address of the server.
    Without it, the browser asks below the page's address first and logs each 404 as an error.
    """
    return HTMLResponse(index_html(), headers={"Cache-Control": "no-cache"})


@cache
def index_html() -> str:
    """Return Streamlit's HTML for the address of a page, in a folder below which the server is."""
    html = (Path(file_util.get_static_dir()) / "index.html").read_text()
    return html.replace("<head>", f"<head><script>{SERVER}</script>", 1)
