"""Events of made-up runs: single ones, and whole logs as hypothesis draws them."""

from hypothesis import strategies as st

from core.base.events import Epoch, Probe, Saved, Started, Step, Surface, to_json
from core.runs.history import History

LAYERS = ("conv1", "linear1")


def started(step=0, steps=100, epoch_steps=10):
    return Started(
        step, steps, epoch_steps, steps // epoch_steps, 32, 99, LAYERS, {"train": 320}, {}, "cpu", 1
    )


def epoch(number, step, best=True, loss=0.5):
    return Epoch(
        number,
        step,
        {"loss": loss, "accuracy": 0.75},
        {"loss": loss + 1, "accuracy": 0.5},
        best,
        step / 10,
    )


def probe(step, value=1.0):
    return Probe(
        step, *({name: value * (i + 1) for i, name in enumerate(LAYERS)} for _ in range(3))
    )


def folded(*events, **what):
    history = History(**what)
    history.add(map(to_json, events))
    return history


@st.composite
def runs(draw):
    """A run as it would be logged: readings of several losses, probes, epochs, and now and then a
    resume.
    """
    steps = draw(st.sampled_from([7, 40, 2500]))
    per_epoch = draw(st.integers(1, 400))
    events, step, boundaries = [started(0, steps, per_epoch)], 0, [0]
    for _ in range(draw(st.integers(1, 12))):
        if step and draw(st.integers(0, 4)) == 0:
            step = draw(st.sampled_from([b for b in boundaries if b <= step]))
            events.append(started(step, steps, per_epoch))
        count = min(draw(st.integers(1, 700)), steps - step)
        if not count:
            break
        losses = tuple(draw(st.floats(0, 10)) + k for k in range(count))
        step += count
        boundaries.append(step)
        events.append(Step(step, losses, draw(st.floats(1e-6, 1)), step * 0.1, 100.0))
        events += [probe(s, draw(st.floats(1e-6, 1e3))) for s in sorted({step - count + 1, step})]
        if draw(st.booleans()):
            events.append(Surface(step, (-1.0,), (1.0,), values=(float(step),) * 200))
        if step % per_epoch == 0:
            events.append(epoch(step // per_epoch, step))
        events.append(Saved(step))
    return events
