"""The one layer that makes a network fit, where there is one: found by trying, so that a new kind
of layer needs no rule here.
"""

from core.network.build import trace
from core.network.layers import Flatten, Layer, Output, Shape


def mend(layers: tuple[Layer, ...], shape: Shape, outputs: int) -> tuple[str, tuple] | None:
    """What to do in a few words, and the layers then; None when nothing is wrong or one step is not
    enough.
    """
    wrong = next((fact for fact in trace(layers, shape, outputs) if fact.problem), None)
    if wrong is None:
        return None
    here = wrong.index
    tries = (
        ("Put Flatten before it", (*layers[:here], Flatten(), *layers[here:]), here + 1),
        ("End with an Output layer", (*layers, Output()), here + 1),
        ("End with Flatten and Output", (*layers, Flatten(), Output()), here + 2),
        ("Leave it out", (*layers[:here], *layers[here + 1 :]), here),
    )
    for words, mended, place in tries:
        facts = trace(mended, shape, outputs)
        if mended and not any(fact.problem for fact in facts[: place + 1]):
            return words, mended
    return None
