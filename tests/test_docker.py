"""The image, without an engine: what the Dockerfile says, what .dockerignore lets in, and the lab
started from these files alone, asked for its health and stopped as the image says.
"""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.conftest import ROOT, wait_until

FOLDERS = (".streamlit", "assets", "core", "pages")
WEIGHTLESS = ("__pycache__", ".pyc")


def steps() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in their order, with what each is given."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#"))
    whole = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(name, given.strip()) for name, _, given in (x.partition(" ") for x in whole) if name]


def given(wanted: str) -> list[str]:
    return [given for name, given in steps() if name == wanted]


def environment() -> dict[str, str]:
    """What ENV sets."""
    pairs = (shlex.split(given) for given in given("ENV"))
    return dict(pair.split("=", 1) for line in pairs for pair in line)


def health() -> list[str]:
    """The command of the health check."""
    (check,) = given("HEALTHCHECK")
    return json.loads(check.partition("CMD ")[2])


def sources() -> list[str]:
    """What COPY takes from the project."""
    lines = (shlex.split(line) for line in given("COPY"))
    return [word for line in lines for word in line[:-1] if not word.startswith("--")]


def enters(path: str) -> bool:
    """Whether .dockerignore lets the file in: the last rule that speaks of it, or of a folder that
    holds it, decides.
    """
    parts = path.split("/")
    holders = ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]
    inside = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        rule = line.strip()
        if not rule or rule.startswith("#"):
            continue
        pattern = rule.removeprefix("!")
        if any(_speaks(pattern, holder) for holder in holders):
            inside = rule.startswith("!")
    return inside


def _speaks(pattern: str, path: str) -> bool:
    """Docker's patterns: a star ends at a slash, two of them stand for any folders, even none."""
    wanted, parts = pattern.split("/"), path.split("/")
    if wanted[0] == "**":
        return len(parts) >= len(wanted) - 1 and _speaks(
            "/".join(wanted[1:]), "/".join(parts[len(parts) - len(wanted) + 1 :])
        )
    return len(wanted) == len(parts) and all(map(fnmatchcase, parts, wanted))


def needed() -> list[str]:
    """Every file that the lab runs on, from the project's folder."""
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    kept = [path for path in files if not any(word in str(path) for word in WEIGHTLESS)]
    names = [path.relative_to(ROOT).as_posix() for path in kept]
    made_of = ["app.py", "requirements.txt", "requirements-login.txt"]
    return [*made_of, *(n for n in names if n != ".streamlit/secrets.toml")]


def test_the_context_contains_every_required_file():
    assert [name for name in needed() if not enters(name)] == []


@pytest.mark.parametrize(
    "path",
    [
        "lab/secret",
        "lab/runs/20260101-000000-abcdef/checkpoint.pt",
        ".git/config",
        ".venv/bin/python",
        ".streamlit/secrets.toml",
        "tests/test_app.py",
        "core/__pycache__/train.cpython-311.pyc",
        "pages/parts/concepts/__pycache__/bands.cpython-311.pyc",
        "core/old.pyc",
        ".hypothesis/examples/x",
        "notes.csv",
    ],
)
def test_the_context_excludes_data_secrets_and_build_products(path):
    assert not enters(path)


def test_every_copied_file_exists_and_every_required_file_is_copied():
    copied = [source.rstrip("/") for source in sources()]
    assert all((ROOT / source).exists() for source in copied)
    missing = [n for n in needed() if not any(n == c or n.startswith(f"{c}/") for c in copied)]
    assert missing == []


def test_the_linter_reports_nothing(tmp_path):
    linter = Path(sys.executable).with_name("hadolint")
    if not linter.exists():
        pytest.skip("hadolint comes as a wheel for Linux on x86-64 alone")
    lint = [str(linter), "--no-color", "--failure-threshold", "style"]
    said = subprocess.run([*lint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (0, "")
    careless = tmp_path / "Dockerfile"
    careless.write_text("FROM python\nRUN cd /tmp && pip install torch\n")
    said = subprocess.run([*lint, careless], capture_output=True, text=True, check=False)
    assert said.returncode == 1 and "DL3042" in said.stdout, said.stdout


def test_the_user_is_numeric_and_owns_the_volume():
    names = [name for name, _ in steps()]
    (user,), (volume,) = given("USER"), given("VOLUME")
    made = given("RUN")[0]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user) and f"--uid {user.split(':')[0]} lab" in made
    assert environment()["LAB_HOME"] == volume
    assert f"install --directory --owner=lab --group=lab {volume}" in made
    assert names.index("RUN") < names.index("VOLUME") and names.index("USER") > max(
        n for n, name in enumerate(names) if name in ("RUN", "COPY")
    )


def test_a_stop_signal_reaches_the_server():
    (entry,) = given("ENTRYPOINT")
    assert json.loads(entry) == ["python", "-m", "streamlit", "run", "app.py"]
    assert given("STOPSIGNAL") == ["SIGTERM"] and given("CMD") == []


def test_torch_is_installed_from_the_chosen_index_in_the_required_versions():
    (argument,) = given("ARG")
    assert argument == "TORCH_INDEX=https://download.pytorch.org/whl/cpu"
    (install,) = (run for run in given("RUN") if "pip install" in run)
    pattern = re.search(r"grep -E '([^']+)' requirements.txt > (\S+)", install)
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pair = [line for line in lines if re.search(pattern[1], line)]
    assert [line.split("==")[0] for line in pair] == ["torch", "torchvision"]
    first, second = re.findall(r"pip install ([^&]+) &&", install)
    assert shlex.split(first) == ["--index-url", "$TORCH_INDEX", "-r", pattern[2]]
    assert shlex.split(second) == ["-r", "requirements-login.txt"]  # LAB_MODE=lab works
    assert "==" not in install.replace(pattern[0], "")


@pytest.fixture
def image(tmp_path):
    """The image's /app: what .dockerignore lets in of what COPY takes."""
    for name in needed():
        if enters(name):
            (tmp_path / "app" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, tmp_path / "app" / name)
    (tmp_path / "home").mkdir()
    return tmp_path


def test_the_files_of_the_image_serve_the_app_pass_the_health_check_and_stop_cleanly(image):
    """Also where a proxy is set and only another machine's name is let in."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    said = environment() | {
        "LAB_HOME": str(image / "data"),
        "HOME": str(image / "home"),
        "STREAMLIT_SERVER_PORT": port,
        "STREAMLIT_SERVER_ADDRESS": "127.0.0.1",
        "STREAMLIT_SERVER_ALLOWED_HOSTS": "my-machine *.school.example",
        "http_proxy": "http://127.0.0.1:9",
        "LAB_THREADS": "1",
        "PATH": os.environ["PATH"],
    }
    entry = json.loads(given("ENTRYPOINT")[0])

    def listens() -> bool:
        assert lab.poll() is None, log.read_text()
        with socket.socket() as link:
            return not link.connect_ex(("127.0.0.1", int(port)))

    def well() -> bool:
        check = subprocess.run(
            [sys.executable, *health()[1:]], env=said, capture_output=True, check=False
        )
        assert lab.poll() is None, log.read_text()
        return check.returncode == 0

    log = image / "log"
    with log.open("wb") as file:
        lab = subprocess.Popen(
            [sys.executable, *entry[1:]], cwd=image / "app", env=said, stdout=file, stderr=file
        )
    try:
        wait_until(listens, 90, "the image's port")  # each check of its health starts a process
        wait_until(well, 90, "the image's health")
        assert status(port, "my-machine:80") == status(port, "a.school.example") == 200
        assert status(port, "localhost") == 400
        lab.send_signal(signal.SIGTERM)
        assert lab.wait(10) == 0, log.read_text()
    finally:
        if lab.poll() is None:
            lab.kill()
        lab.wait(10)
    assert "Traceback" not in log.read_text()


def status(port: str, host: str) -> int:
    """What the server answers to someone who calls it by this name."""
    with socket.create_connection(("127.0.0.1", int(port)), 10) as link:
        link.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return int(link.recv(200).split()[1])
