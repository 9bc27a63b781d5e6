"""The teacher's PIN and the limit on attempts."""

import pytest

from core.access import ownership
from core.access.pin import PinLimiter, pin
from core.base.errors import BadInput, NotAllowed
from core.base.settings import PIN_LENGTH

ANN, BEN = ownership.digest("ann"), ownership.digest("ben")


def test_wrong_pins_are_counted_per_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_PIN", "480215")
    now = [0.0]
    limiter = PinLimiter(each=3, seconds=60, clock=lambda: now[0])
    for left in (3, 2, 1):
        assert limiter.attempts_left(ANN) == left
        with pytest.raises(NotAllowed) as refused:
            limiter.enter("000000", ANN)
        assert refused.value.code == "pin_wrong"
    with pytest.raises(NotAllowed) as refused:
        limiter.enter("480215", ANN)
    assert refused.value.code == "pin_attempts_used"
    limiter.enter("480215", BEN)
    now[0] = 60.0
    limiter.enter("480215", ANN)


def test_many_wrong_pins_delay_the_teacher_but_lock_nobody_out(monkeypatch) -> None:
    """Somebody who is a new browser with every try, as fast as answers come."""
    monkeypatch.setenv("LAB_PIN", "480215")
    now, tries = [0.0], 400

    def sleep(seconds: float) -> None:
        now[0] += seconds

    limiter = PinLimiter(clock=lambda: now[0], sleep=sleep)
    for k in range(tries):
        with pytest.raises(NotAllowed) as refused:
            limiter.enter("000000", f"a new one {k}")
        assert refused.value.code == "pin_wrong"
        if k % 50 == 49:
            before = now[0]
            limiter.enter("480215", ANN)
            assert now[0] - before <= limiter.gap
    assert now[0] >= (tries - limiter.all) * limiter.gap
    days = 10**PIN_LENGTH / 2 * limiter.gap / 86_400  # six digits, half of them tried on average
    assert days > 28
    now[0] += limiter.seconds
    before = now[0]
    limiter.enter("480215", BEN)
    assert now[0] == before


def test_delayed_attempts_count_when_their_turn_comes(monkeypatch) -> None:
    """Else one browser had as many tries as it has windows."""
    monkeypatch.setenv("LAB_PIN", "480215")
    limiter = PinLimiter(each=2, all=0, clock=lambda: 0.0, sleep=lambda seconds: None)
    with pytest.raises(NotAllowed):
        limiter.enter("000000", ANN)
    assert limiter.attempts_left(ANN) == 1

    def meanwhile(seconds: float) -> None:
        limiter.sleep = lambda seconds: None
        with pytest.raises(NotAllowed) as last:
            limiter.enter("000000", ANN)
        assert last.value.code == "pin_wrong"

    limiter.sleep = meanwhile
    with pytest.raises(NotAllowed) as refused:
        limiter.enter("480215", ANN)
    assert refused.value.code == "pin_attempts_used"


def test_without_a_pin_every_attempt_fails_and_a_short_pin_is_refused(monkeypatch) -> None:
    monkeypatch.delenv("LAB_PIN", raising=False)
    with pytest.raises(NotAllowed):
        PinLimiter().enter("", ANN)
    monkeypatch.setenv("LAB_PIN", "1234")
    with pytest.raises(BadInput) as short:
        pin()
    assert short.value.code == "invalid_setting" and "1234" not in str(short.value)
