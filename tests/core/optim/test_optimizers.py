"""Every optimizer against its paper's formula in NumPy and against torch.optim, step by step; the
whole family on a parabola and in Rosenbrock's valley.
"""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from core.base.numbers import short
from core.optim.adaptive import Adafactor, Adagrad, Adam, AdamW, AMSGrad, Lion, NAdam, RMSprop
from core.optim.matrices import LBFGS, Muon
from core.optim.momentum import SGD, AveragedMomentum, Nesterov
from core.optim.optimizers import Optimizer
from core.optim.schedule_free import ScheduleFreeAdamW
from tests.core.optim.formulas import STEPS, by_formula, gradients, start

EVERY = [cls() for cls in Optimizer.members.values()] + [
    SGD(learning_rate=0.1, momentum=0.0),
    SGD(learning_rate=0.01, momentum=0.99),
    AveragedMomentum(learning_rate=0.1, momentum=0.0),
    AveragedMomentum(learning_rate=0.3, momentum=0.5),
    Nesterov(learning_rate=0.1, momentum=0.5),
    Adagrad(learning_rate=0.3, epsilon=1e-2),
    RMSprop(learning_rate=0.1, alpha=0.5, epsilon=1e-3),
    Adam(learning_rate=0.1, beta1=0.5, beta2=0.9, epsilon=1e-3),
    AMSGrad(learning_rate=0.1, beta1=0.5, beta2=0.5),
    NAdam(learning_rate=0.1, beta1=0.5, beta2=0.9),
    AdamW(learning_rate=0.1, weight_decay=0.5),
    Adafactor(learning_rate=0.3, decay=0.5, clip=1.5, weight_decay=0.1),
    Adafactor(learning_rate=0.1, smallest=1.0),
    Lion(learning_rate=0.01, beta1=0.5, beta2=0.9, weight_decay=0.5),
    Muon(learning_rate=0.1, weight_decay=0.5, iterations=7),
    ScheduleFreeAdamW(learning_rate=0.1, beta1=0.5, beta2=0.9, weight_decay=0.5),
    ScheduleFreeAdamW(learning_rate=0.1, beta1=0.0),
]


def made(choice: Optimizer, weights: list[torch.nn.Parameter]):
    return choice.call().make(weights, **{"fused": True} if choice.fused else {})


def by_the_lab(choice: Optimizer, shape: tuple[int, ...] = (7,)) -> np.ndarray:
    weight = torch.nn.Parameter(torch.tensor(start(shape)))
    optimizer = made(choice, [weight])
    for g in gradients(shape):
        weight.grad = torch.tensor(g)
        optimizer.step()
    return weight.detach().numpy()


GIVEN = [choice for choice in EVERY if not choice.closure]  # L-BFGS asks for gradients of its own


@pytest.mark.parametrize("choice", GIVEN, ids=repr)
def test_twenty_steps_equal_the_paper(choice: Optimizer) -> None:
    tolerance = 1e-6 if isinstance(choice, NAdam) else 1e-9  # torch keeps its product in float32
    np.testing.assert_allclose(by_the_lab(choice), by_formula(choice), rtol=tolerance)


@pytest.mark.parametrize("choice", [c for c in EVERY if isinstance(c, Adafactor)], ids=repr)
def test_adafactor_stores_the_rows_and_columns_of_a_matrix(choice: Adafactor) -> None:
    np.testing.assert_allclose(by_the_lab(choice, (3, 5)), by_formula(choice, (3, 5)), rtol=1e-9)
    weight = torch.nn.Parameter(torch.ones(3, 5))
    optimizer = made(choice, [weight])
    weight.grad = torch.ones(3, 5)
    optimizer.step()
    stored = sum(v.numel() for v in optimizer.state[weight].values() if torch.is_tensor(v))
    assert stored == 3 + 5 + 1  # and the step


def test_schedule_free_evaluates_the_mean_weighted_by_the_squared_learning_rate() -> None:
    """z and x of Algorithm 1 with a warm-up; weight decay of its own equals a separate one."""
    choice = ScheduleFreeAdamW(beta1=0.6, weight_decay=0.5)
    rates = np.linspace(0.01, 0.1, STEPS)
    models = [torch.nn.Linear(7, 1, dtype=torch.float64) for _ in range(2)]
    for model in models:
        model.load_state_dict({"weight": torch.tensor(start())[None], "bias": torch.ones(1)})
        model.bias.requires_grad_(False)
    without = choice.model_copy(update={"weight_decay": 0.0})
    pairs = zip((choice, without), models, strict=True)
    optimizers = [made(c, list(m.parameters())) for c, m in pairs]
    for optimizer, model in zip(optimizers, models, strict=True):
        optimizer.bind(model)
        assert optimizer.average() is None
    z = x = y = start()
    v, fast = np.zeros(7), []
    for k, (g, rate) in enumerate(zip(gradients(), rates, strict=True), 1):
        for optimizer, model in zip(optimizers, models, strict=True):
            optimizer.param_groups[0]["lr"] = rate
            model.weight.grad = torch.tensor(g)[None]
        with torch.no_grad():
            models[1].weight.mul_(1 - rate * 0.5)
        for optimizer in optimizers:
            optimizer.step()
        v = choice.beta2 * v + (1 - choice.beta2) * g**2
        z = z - rate * (g / (np.sqrt(v / (1 - choice.beta2**k)) + 1e-8) + 0.5 * y)
        fast.append(z)
        x = np.average(fast, axis=0, weights=rates[:k] ** 2)
        y = 0.4 * z + 0.6 * x
    for optimizer, model in zip(optimizers, models, strict=True):
        np.testing.assert_allclose(model.weight.detach().numpy()[0], y, rtol=1e-9)
        mean = optimizer.average()
        np.testing.assert_allclose(mean["weight"].numpy()[0], x, rtol=1e-9)
        assert mean["bias"].item() == 1  # frozen


def test_the_two_forms_of_momentum_differ_by_one_minus_beta() -> None:
    average = AveragedMomentum(learning_rate=0.3, momentum=0.8)
    total = SGD(learning_rate=0.3 * (1 - 0.8), momentum=0.8)
    np.testing.assert_allclose(by_the_lab(average), by_the_lab(total), rtol=1e-12)


@pytest.mark.parametrize(
    ("choice", "length"),
    [(SGD(learning_rate=1, momentum=0.9), 10), (AveragedMomentum(learning_rate=1), 1)],
)
def test_under_a_constant_gradient_summed_momentum_steps_ten_times_as_far(choice, length) -> None:
    weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimizer = made(choice, [weight])
    for _ in range(500):
        before = weight.item()
        weight.grad = torch.ones_like(weight)
        optimizer.step()
    assert before - weight.item() == pytest.approx(length)


def test_nesterov_is_momentum_with_a_look_ahead_gradient() -> None:
    """Sutskever et al. 2013 on f = θᵀAθ/2: their places, looked ahead by βv, are torch's."""
    a, place, v = np.diag([1.0, 5.0]), np.array([1.0, -2.0]), np.zeros(2)
    weight = torch.nn.Parameter(torch.tensor(place))
    optimizer = made(Nesterov(learning_rate=0.05, momentum=0.8), [weight])
    for _ in range(STEPS):
        v = 0.8 * v - 0.05 * a @ (place + 0.8 * v)
        place = place + v
        weight.grad = torch.tensor(a) @ weight.detach()
        optimizer.step()
        np.testing.assert_allclose(weight.detach().numpy(), place + 0.8 * v, rtol=1e-9)


def test_muon_equals_torch_on_matrices_and_adamw_elsewhere() -> None:
    torch.manual_seed(0)
    shapes = [(6, 4), (4, 6), (5,), (3, 2, 3, 3)]
    ours = [torch.nn.Parameter(torch.randn(shape)) for shape in shapes]
    theirs = [torch.nn.Parameter(p.detach().clone()) for p in ours]
    lab = made(Muon(learning_rate=0.02, momentum=0.9, weight_decay=0.1), ours)
    how = {"lr": 0.02, "weight_decay": 0.1}
    muon = torch.optim.Muon(theirs[:2], momentum=0.9, adjust_lr_fn="match_rms_adamw", **how)
    adamw = torch.optim.AdamW(theirs[2:], **how)
    for _ in range(STEPS):
        for a, b in zip(ours, theirs, strict=True):
            a.grad = torch.randn_like(a)
            b.grad = a.grad.clone()
        for optimizer in (lab, muon, adamw):
            optimizer.step()
    for a, b in zip(ours, theirs, strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("shape", [(8, 5), (5, 8), (6, 6)])
def test_a_step_of_muon_is_approximately_orthogonal(shape: tuple[int, int]) -> None:
    """NumPy's singular values: the step's own all lie near 1, in the gradient's directions."""
    g = np.random.default_rng(3).normal(size=shape)
    weight = torch.nn.Parameter(torch.zeros(shape))
    optimizer = made(Muon(learning_rate=1.0, momentum=0.0, weight_decay=0.0), [weight])
    weight.grad = torch.tensor(g, dtype=torch.float32)
    optimizer.step()
    step = -weight.detach().numpy() / (0.2 * max(shape) ** 0.5)
    u, _, vt = np.linalg.svd(g, full_matrices=False)
    inner = u.T @ step @ vt.T
    assert ((np.diag(inner) > 0.6) & (np.diag(inner) < 1.3)).all()
    assert np.abs(inner - np.diag(np.diag(inner))).max() < 0.05


HILLS = np.diag([1.0, 3.0, 9.0, 27.0]) + 0.2


@pytest.mark.parametrize(("moves", "memory"), [(1, 3), (4, 10), (9, 2)])
def test_l_bfgs_equals_the_two_loop_recursion(moves: int, memory: int) -> None:
    """f = θᵀAθ/2 without line search, two steps of so many moves, in NumPy."""
    choice = LBFGS(learning_rate=0.3, moves=moves, memory=memory, search=False)
    weight = torch.nn.Parameter(torch.ones(4, dtype=torch.float64))
    optimizer = made(choice, [weight])

    def closure() -> float:
        weight.grad = torch.tensor(HILLS) @ weight.detach()
        return float(weight.detach() @ weight.grad / 2)

    theta, past, old = np.ones(4), [], None
    for _ in range(2):
        optimizer.step(closure)
        for _ in range(moves):
            g = HILLS @ theta
            if old is not None:
                past = [*past, (theta - old, HILLS @ (theta - old))][-memory:]
            reach = min(1.0, 1 / np.abs(g).sum()) if old is None else 1.0
            old, theta = theta, theta - 0.3 * reach * _two_loops(g, past)
        np.testing.assert_allclose(weight.detach().numpy(), theta, rtol=1e-8)


def _two_loops(g: np.ndarray, past: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """H g from moves s and changes y of the gradient (Liu & Nocedal 1989; Nocedal 1980)."""
    q, kept = g.copy(), []
    for s, y in reversed(past):
        kept.append((s @ q) / (s @ y))
        q = q - kept[-1] * y
    if past:
        s, y = past[-1]
        q = q * (s @ y) / (y @ y)
    for (s, y), a in zip(past, reversed(kept), strict=True):
        q = q + s * (a - (y @ q) / (s @ y))
    return q


def parabola(x: float, y: float) -> tuple[float, list[float]]:
    """x² + y² and its gradient."""
    return x**2 + y**2, [2 * x, 2 * y]


def rosenbrock(x: float, y: float) -> tuple[float, list[float]]:
    """(1 − x)² + 100(y − x²)² and its gradient; the minimum is at (1, 1) (Rosenbrock 1960)."""
    wall = y - x**2
    return (1 - x) ** 2 + 100 * wall**2, [-2 * (1 - x) - 400 * x * wall, 200 * wall]


STAYS = 200  # steps in a row, more than a swing of momentum takes


def reaches(
    choice: Optimizer, f: Callable, start: list[float], steps: int, near: Callable[[list], bool]
) -> bool:
    """Whether it comes `near` within so many steps and stays there."""
    place = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
    optimizer = made(choice, [place])

    def closure() -> float:
        value, slope = f(*place.tolist())
        place.grad = torch.tensor(slope, dtype=torch.float64)
        return value

    in_a_row = 0
    for _ in range(steps):
        if choice.closure:
            optimizer.step(closure)
        else:
            closure()
            optimizer.step()
        in_a_row = in_a_row + 1 if near(place.tolist()) else 0
        if in_a_row == min(STAYS, steps // 10):
            return True
    return False


FASTER = {AMSGrad: 5e-3, Lion: 1e-3}  # steps of one length, or held short by the first gradients


@pytest.mark.parametrize("choice", EVERY, ids=repr)
def test_the_minimum_of_a_parabola_is_found(choice: Optimizer) -> None:
    if rate := FASTER.get(type(choice)):
        choice = choice.model_copy(update={"learning_rate": max(choice.learning_rate, rate)})
    assert reaches(choice, parabola, [1.0, -2.0], 3000, lambda place: parabola(*place)[0] < 0.05)


VALLEY = {  # what its walls, 400 times as steep as its floor, ask for
    SGD: {"learning_rate": 1e-3},
    AveragedMomentum: {"learning_rate": 1e-2},
    Nesterov: {"learning_rate": 1e-3},
    Adagrad: {"learning_rate": 0.5},  # its steps die out: they must begin long
    AMSGrad: {"learning_rate": 0.03},  # it remembers the walls
    Adafactor: {"learning_rate": 3e-3, "decay": 0.5},  # it would remember the walls for too long
    Adam: {"learning_rate": 0.01},  # at 1e-3 it takes 9600 steps
    NAdam: {"learning_rate": 0.01},
    AdamW: {"learning_rate": 0.01, "weight_decay": 0.0},  # decay lets no weight stay at 1
    Muon: {"learning_rate": 0.01, "weight_decay": 0.0},
    Lion: {"learning_rate": 1e-3},
}


@pytest.mark.parametrize("cls", Optimizer.members.values())
def test_every_optimizer_reaches_the_minimum_of_the_rosenbrock_function(
    cls: type[Optimizer],
) -> None:
    steps = 100 if cls.closure else 10_000

    def near(place: list[float]) -> bool:
        low = rosenbrock(*place)[0] < 1e-4 * rosenbrock(-1.2, 1.0)[0]
        return low and max(abs(x - 1) for x in place) < 0.1

    assert reaches(cls(**VALLEY.get(cls, {})), rosenbrock, [-1.2, 1.0], steps, near)


@pytest.mark.parametrize("cls", Optimizer.members.values())
def test_every_optimizer_declares_the_facts_of_its_menu_entry(cls: type[Optimizer]) -> None:
    assert cls.label and cls.doc() and cls.formula and cls.source and cls.technique
    assert short(cls().learning_rate) in cls().summary
    assert cls().learning_rate <= cls().max_recommended_lr * (1 + 1e-9)
    assert cls().call().code("parameters").startswith(("torch.optim.", "core.optim."))


@pytest.mark.parametrize("momentum", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("cls", [SGD, AveragedMomentum, Nesterov])
def test_steps_diverge_above_the_stability_limit(cls, momentum: float) -> None:
    """300 steps on λ/2·w²: just below the limit it falls, just above it grows."""
    curvature, ends = 7.0, []
    limit = cls(momentum=momentum).stability_limit(curvature)
    for share in (0.95, 1.05):
        w = torch.ones(1, dtype=torch.float64, requires_grad=True)
        made = cls(momentum=momentum, learning_rate=share * limit).call().make([w])
        for _ in range(300):
            w.grad = curvature * w.detach()
            made.step()
        ends.append(abs(w.item()))
    assert ends[0] < 1 < ends[1]
    assert SGD(momentum=0.0).stability_limit(curvature) == pytest.approx(2 / curvature)
