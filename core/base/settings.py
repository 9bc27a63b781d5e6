"""Settings: every LAB_* variable of the environment in one model.

Written with pydantic alone: pydantic-settings would add 0.2 s to the 0.3 s that a command of the
command line takes, and reading ten variables needs none of its sources.
"""

import os
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from core.base.errors import BadInput

PREFIX = "LAB_"
PIN_LENGTH = 6  # characters at least
SECRET = {"pin"}  # never printed


def _to_number(text: Any) -> Any:
    """Text such as " 1e2 " as a number; anything else is left to pydantic, which refuses it."""
    try:
        return float(text)
    except (TypeError, ValueError):
        return text


def _to_word(text: Any) -> Any:
    return text.lower() if isinstance(text, str) else text


Whole = Annotated[int, BeforeValidator(_to_number)]
Number = Annotated[float, BeforeValidator(_to_number), Field(allow_inf_nan=False)]


def _setting(default: Any, rule: str, unset: str, about: str, **limits: Any) -> Any:
    """A field: the rule for its value, and what happens where the variable is not set."""
    extra = {"rule": rule, "unset": unset}
    return Field(default, description=about, json_schema_extra=extra, **limits)


class Settings(BaseModel):
    """The lab's configuration. A field is the variable LAB_<NAME>; an empty one counts as unset."""

    model_config = ConfigDict(frozen=True)

    home: Path = _setting(
        Path("lab"), "a folder that can be written", "./lab", "Folder of data, runs and studies"
    )
    mode: Annotated[Literal["solo", "class", "lab"], BeforeValidator(_to_word)] = _setting(
        "solo", "solo, class or lab", "solo", "Who may change a run"
    )
    pin: str = _setting(
        "", f"at least {PIN_LENGTH} characters long", "no teacher", "PIN of the teacher",
        min_length=PIN_LENGTH,
    )  # fmt: skip
    teachers: str = _setting(
        "", "e-mail addresses or login ids, separated by commas", "nobody",
        "Logins that are teachers, in lab mode",
    )  # fmt: skip
    worker: Annotated[Literal["thread", "process"] | None, BeforeValidator(_to_word)] = _setting(
        None, "thread or process", "thread in solo mode, process in the others",
        "Where jobs are computed",
    )  # fmt: skip
    silent: Number = _setting(
        120.0, "a number of seconds, 1 or more", "120",
        "Seconds without a sign of life after which a job's process is ended", ge=1,
    )  # fmt: skip
    queue: Whole | None = _setting(
        None, "a whole number, 1 or more", "no limit",
        "Jobs that one student may have in the queue, the one at work included", ge=1,
    )  # fmt: skip
    workers: Whole | None = _setting(
        None, "a whole number, 1 or more", "one less than the cores, at most 2",
        "Processes of a study or a search", ge=1,
    )  # fmt: skip
    ray: str = _setting(
        "", "auto, or a host and port such as ray://10.0.0.5:10001", "no cluster",
        "Ray cluster that computes studies and searches",
        pattern=r"^(auto|(ray://)?[\w.\-]+:\d+)$",
    )  # fmt: skip
    threads: Whole | None = _setting(
        None, "a whole number, 1 or more", "all cores", "Threads of one torch operation", ge=1
    )
    resident: Number = _setting(
        2048.0, "a number of MB, 0 or more", "2048",
        "MB of inputs up to which a dataset is held in memory", ge=0,
    )  # fmt: skip
    checkpoints: Number = _setting(
        500.0, "a number of MB, 0 or more", "500",
        "MB of checkpoints that a run keeps to fork from; 0 keeps none", ge=0,
    )  # fmt: skip
    torchvision: Path | None = _setting(
        None, "a folder", "no second folder", "Folder with datasets that torchvision downloaded"
    )
    score: Annotated[Literal["error", "accuracy"], BeforeValidator(_to_word)] = _setting(
        "error", "error or accuracy", "error",
        "Form of scores in the command line, and on pages until the switch is used",
    )  # fmt: skip
    live: Annotated[Literal["stream", "poll"], BeforeValidator(_to_word)] = _setting(
        "stream", "stream or poll", "stream", "How live charts get their data"
    )
    tracking: str = _setting(
        "", "tensorboard:FOLDER or mlflow:FOLDER", "no tracker",
        "Where runs are recorded for TensorBoard or MLflow while they train",
        pattern="^(tensorboard|mlflow):.+$",
    )  # fmt: skip

    @property
    def uses_processes(self) -> bool:
        """Whether jobs get processes of their own."""
        return (self.worker or ("thread" if self.mode == "solo" else "process")) == "process"


def settings() -> Settings:
    """Return the settings as the environment has them now. BadInput for an invalid variable."""
    return _parse(tuple(os.environ.get(_variable(name), "") for name in Settings.model_fields))


@lru_cache(maxsize=16)
def _parse(values: tuple[str, ...]) -> Settings:
    pairs = zip(Settings.model_fields, values, strict=True)
    given = {name: value.strip() for name, value in pairs if value.strip()}
    try:
        return Settings(**given)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise BadInput(_explain(name, given[name]), code="invalid_setting") from None


def _variable(name: str) -> str:
    return f"{PREFIX}{name.upper()}"


def _explain(name: str, value: str) -> str:
    extra = Settings.model_fields[name].json_schema_extra
    found = f"has {len(value)} characters" if name in SECRET else f"is {value[:20]!r}"
    return (
        f"{_variable(name)} {found}. It must be {extra['rule']}. "
        f"Change it, or unset it for the default ({extra['unset']})."
    )


def listed() -> list[tuple[str, str, str]]:
    """(variable, value, description) of every setting that differs from its default."""
    now = settings()
    return [
        (
            _variable(name),
            "set" if name in SECRET else str(getattr(now, name)),
            str(field.description),
        )
        for name, field in Settings.model_fields.items()
        if getattr(now, name) != field.default
    ]


def require_writable(path: Path) -> None:
    """BadInput where `path`, the folder that LAB_HOME names, cannot be created or written."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        raise BadInput(
            f"LAB_HOME is {str(path)!r}, which cannot be written ({error.strerror}). "
            "Set it to a folder that can be written.",
            code="home_not_writable",
        ) from None
