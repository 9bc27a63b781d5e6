"""Whose turn it is: no job waits more than twice a fair share, whoever comes when with how much."""

import threading
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from core.jobs.lane import Job, Lane
from core.jobs.queue import Ledger, Turn, order


@dataclass
class Done:
    """One job of a simulated device: when it came, began and ended, in seconds."""

    owner: str
    came: float
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began


def simulate(arrivals: list[tuple[float, str, float]], fair: bool = True) -> list[Done]:
    """What the line of one device does with jobs of (time of arrival, owner, seconds)."""
    left, now = sorted(arrivals, key=lambda one: one[0]), [0.0]
    lane = Lane("cpu", threading.Condition(), lambda job: None, clock=lambda: now[0])
    lengths, done = {}, []

    def pass_time(end: float) -> None:
        """Whoever comes until then stands in line."""
        while left and left[0][0] <= end:
            now[0], owner, seconds = left.pop(0)
            lane.add("run", str(len(lengths)), owner)
            lengths[lane.jobs[-1].id] = seconds
        now[0] = end

    def first() -> Job:
        lane.line.take(lane.jobs[0].id)
        lane.jobs[0].started = now[0]
        return lane.jobs[0]

    while left or lane.jobs:
        if not lane.jobs:
            with lane.changed:
                pass_time(max(now[0], left[0][0]))
        with lane.changed:
            job = lane.take() if fair else first()
            began = now[0]
            pass_time(began + lengths[job.id])
            lane.over(job)
        done.append(Done(job.owner, job.arrived, began, now[0]))
    return done


def fair_share(job: Done, done: list[Done]) -> float:
    """n · (own + longest), as the docstring of core.jobs.queue says it."""
    meanwhile = [d for d in done if d is not job and d.ended > job.came and d.began < job.began]
    asked = {d.owner for d in done if d.came <= job.began and d.ended > job.came}
    own = [d for d in meanwhile if d.owner == job.owner]
    before = [d for d in done if d.owner == job.owner and d.ended <= job.came]
    longest = max((d.seconds for d in meanwhile), default=0.0)
    return len(asked) * (sum(d.seconds for d in [*own, *before[-1:]]) + longest)


arrivals = st.lists(
    st.tuples(
        st.integers(0, 100).map(float),
        st.sampled_from("abcde"),
        st.integers(1, 40).map(float),
    ),
    min_size=1,
    max_size=25,
)


@given(arrivals)
def test_no_job_waits_longer_than_a_fair_share(jobs: list) -> None:
    done = simulate(jobs)
    assert len(done) == len(jobs)
    for job in done:
        assert job.began - job.came <= fair_share(job, done) + 1e-9


def test_first_come_first_served_would_break_that_guarantee() -> None:
    jobs = [(0.0, "a", 10.0)] * 20 + [(1.0, "b", 10.0)]

    def worst(fair: bool) -> float:
        done = simulate(jobs, fair)
        return max((d.began - d.came) / max(fair_share(d, done), 1e-9) for d in done)

    assert worst(fair=False) > 2 and worst(fair=True) <= 1


@given(st.lists(st.integers(1, 40).map(float), min_size=1, max_size=20))
def test_the_jobs_of_one_person_keep_their_order(lengths: list[float]) -> None:
    done = simulate([(float(i), "a", seconds) for i, seconds in enumerate(lengths)])
    assert [d.came for d in done] == sorted(d.came for d in done)


def test_unused_turns_cannot_be_saved_up() -> None:
    """b comes after a has worked alone for long, and gets every other turn, not all of them."""
    jobs = [(0.0, "a", 10.0)] * 20 + [(95.0, "b", 10.0)] * 5
    later = [d.owner for d in simulate(jobs) if d.began >= 100]
    assert later[:10].count("b") == 5 and "bbb" not in "".join(later)


@given(arrivals)
def test_jobs_start_in_the_announced_order_if_no_other_job_arrives(jobs: list) -> None:
    jobs = [(0.0, owner, seconds) for _, owner, seconds in jobs]
    turns = [Turn(str(i), owner, 0.0, i) for i, (_, owner, _) in enumerate(jobs)]
    expected = {str(i): seconds for i, (_, _, seconds) in enumerate(jobs)}
    told = order(Ledger(), turns, [], expected)
    came = simulate(jobs)
    assert [seconds for _, seconds in told] == [d.began for d in came]
    assert [jobs[int(job)][1] for job, _ in told] == [d.owner for d in came]


def test_no_start_time_is_given_behind_a_job_of_unknown_length() -> None:
    turns = [Turn(name, name, 0.0, i) for i, name in enumerate("abc")]
    told = order(Ledger(), turns, [], {"a": 5.0, "b": None, "c": 1.0})
    assert told == [("a", 0.0), ("b", 5.0), ("c", None)]
