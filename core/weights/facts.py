"""ModelFacts: what belongs to trained weights so that they can be used: scale, classes, shape,
columns, experiment. Plain data; torch is only imported where tensors are made of it.
"""

from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, ValidationError

from core.base.spec import Value

if TYPE_CHECKING:
    from torch import Tensor

FORM = 1  # version of the files
HEADER = "descent_lab"  # the entry of a safetensors header with the facts as JSON text

Name = Annotated[str, Field(max_length=500)]
Size = Annotated[int, Field(ge=0, lt=2**31)]


class InputScale(Value):
    """The normalization: x' = multiply·x + add, float32 values of `shape` that broadcast against
    one input; and mean and standard deviation of targets that are values.
    """

    shape: tuple[Size, ...] = Field((), max_length=4)
    multiply: tuple[float, ...] = (1.0,)
    add: tuple[float, ...] = (0.0,)
    target_mean: float = 0.0
    target_std: float = 1.0

    @classmethod
    def of(cls, state: dict[str, Any]) -> Self:
        """Return the scale in the state of a training (`core.training.scale.Scale.state`)."""
        import torch

        multiply, add = torch.broadcast_tensors(state["multiply"], state["add"])
        return cls(
            shape=tuple(multiply.shape),
            multiply=tuple(multiply.flatten().tolist()),
            add=tuple(add.flatten().tolist()),
            target_mean=state["target_mean"],
            target_std=state["target_std"],
        )

    def apply_to(self, inputs: "Tensor") -> "Tensor":
        """Normalize raw inputs (N, …)."""
        import torch

        multiply, add = (
            torch.tensor(values, dtype=torch.float32).reshape(self.shape)
            for values in (self.multiply, self.add)
        )
        return inputs.float() * multiply + add


class ModelFacts(Value):
    """What belongs to the weights: class names (none: values), columns of a table, shape of an
    input without batch, normalization, the experiment as JSON text, and the run.

    Weights of other tools have none of these; `title` is then the name of the file.
    """

    form: int = Field(FORM, ge=1)
    title: Name = ""
    run: str = Field("", max_length=40)
    classes: tuple[Name, ...] = ()
    columns: tuple[Name, ...] = ()
    shape: tuple[Size, ...] = Field((), max_length=4)
    scale: InputScale | None = None
    experiment: str = Field("", max_length=2**20)

    def text(self) -> str:
        """Return the facts as JSON text. Fields with their default are left out, so that a later
        version with more fields computes the same checksum.
        """
        return self.model_dump_json(exclude_defaults=True)


def parse_facts(content: Any) -> ModelFacts | None:
    """Return the facts from JSON text or plain data; None if they are not valid."""
    try:
        if isinstance(content, str):
            return ModelFacts.model_validate_json(content)
        return ModelFacts.model_validate(content)
    except ValidationError:
        return None
