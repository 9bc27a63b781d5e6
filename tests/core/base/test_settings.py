"""Settings: each variable is read by its rule, or refused in one sentence."""

from pathlib import Path

import pytest

from core.base.errors import BadInput
from core.base.settings import SECRET, Settings, listed, require_writable, settings
from tests.conftest import ROOT

VALID = {
    "home": ("/srv/lab", Path("/srv/lab")),
    "mode": (" Class ", "class"),
    "pin": ("480215", "480215"),
    "teachers": ("ann@school.example", "ann@school.example"),
    "worker": ("PROCESS", "process"),
    "silent": (" 1e2 ", 100.0),
    "queue": ("3", 3),
    "workers": ("3", 3),
    "ray": ("ray://10.0.0.5:10001", "ray://10.0.0.5:10001"),
    "threads": ("1e1", 10),
    "resident": ("0", 0.0),
    "torchvision": ("/srv/sets", Path("/srv/sets")),
    "score": ("Accuracy", "accuracy"),
    "live": ("poll", "poll"),
    "checkpoints": ("12.5", 12.5),
    "tracking": ("mlflow:/srv/tracked", "mlflow:/srv/tracked"),
}
INVALID = {
    "mode": ("school", "CLASSROOM", "1"),
    "pin": ("12345",),
    "ray": ("yes", "http://10.0.0.5:10001", "ray://host"),
    "worker": ("fork" * 20,),
    "silent": ("many", "0", "-3", "nan", "inf", "0x10"),
    "queue": ("many", "0", "-3", "nan", "inf", "1.5", "0x10"),
    "workers": ("many", "0", "-3", "nan", "inf", "1.5", "0x10"),
    "threads": ("many", "0", "-3", "nan", "inf", "1.5", "0x10"),
    "resident": ("many", "-3", "nan", "inf"),
    "score": ("loss",),
    "live": ("socket",),
    "checkpoints": ("-1", "some", "nan"),
    "tracking": ("mlflow", "tensorboard:", "wandb:runs"),
}


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"LAB_{name.upper()}", raising=False)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_variable_is_read_and_an_empty_one_counts_as_unset(monkeypatch, name: str) -> None:
    text, value = VALID[name]
    variable = f"LAB_{name.upper()}"
    monkeypatch.setenv(variable, text)
    assert getattr(settings(), name) == value
    assert [row[:2] for row in listed()] == [(variable, "set" if name in SECRET else str(value))]
    monkeypatch.setenv(variable, "  ")
    assert settings() == Settings() and listed() == []


@pytest.mark.parametrize(("name", "text"), [(n, t) for n, texts in INVALID.items() for t in texts])
def test_an_invalid_value_is_refused_with_its_rule(monkeypatch, name: str, text: str) -> None:
    monkeypatch.setenv(f"LAB_{name.upper()}", text)
    with pytest.raises(BadInput) as refused:
        settings()
    message, rule = str(refused.value), Settings.model_fields[name].json_schema_extra["rule"]
    assert refused.value.code == "invalid_setting"
    assert message.startswith(f"LAB_{name.upper()} ") and rule in message
    assert (text[:20] in message) == (name not in SECRET)


@pytest.mark.parametrize(
    ("mode", "worker", "processes"),
    [("solo", "", False), ("class", "", True), ("lab", "", True), ("class", "thread", False),
     ("solo", "process", True)],
)  # fmt: skip
def test_jobs_run_in_separate_processes_in_shared_modes(
    monkeypatch, mode: str, worker: str, processes: bool
) -> None:
    monkeypatch.setenv("LAB_MODE", mode)
    monkeypatch.setenv("LAB_WORKER", worker)
    assert settings().uses_processes == processes


def test_no_other_file_reads_a_variable_of_the_lab() -> None:
    """Two files write one, for the processes that they start."""
    writers = {"app.py", "core/__main__.py"}
    paths = [ROOT / "app.py", *(ROOT / "core").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]
    found = {
        str(path.relative_to(ROOT))
        for path in paths
        for line in path.read_text().splitlines()
        if "environ" in line and "LAB_" in line and path.name != "settings.py"
    }
    assert found == writers


def test_a_folder_is_created_or_refused(tmp_path: Path) -> None:
    require_writable(tmp_path / "new" / "lab")
    assert list((tmp_path / "new").iterdir()) == [tmp_path / "new" / "lab"]
    (tmp_path / "file").touch()
    with pytest.raises(BadInput) as refused:
        require_writable(tmp_path / "file" / "lab")
    assert refused.value.code == "home_not_writable"


def test_the_documentation_lists_every_setting() -> None:
    rows = [
        line.strip("| \n").split(" | ")
        for line in (ROOT / "docs" / "settings.md").read_text().splitlines()
        if line.startswith("| `")
    ]
    assert rows == [
        [f"`LAB_{name.upper()}`", field.description, *field.json_schema_extra.values()]
        for name, field in Settings.model_fields.items()
    ]
