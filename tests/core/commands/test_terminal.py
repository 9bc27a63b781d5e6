"""Terminal: plain lines when piped, a progress bar on a terminal, nothing with --json."""

import io
from contextlib import redirect_stdout

import pytest

from core.__main__ import main
from core.commands import terminal
from core.commands.signals import stop_on_signal
from core.commands.terminal import Terminal


class FakeTerminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def every_update_is_shown(monkeypatch) -> None:
    monkeypatch.setattr(terminal, "REFRESH", -1)
    monkeypatch.setenv("TERM", "xterm")


def test_piped_output_contains_the_messages_alone(capsys):
    with Terminal() as piped:
        piped.progress(0.5, "half")
        piped.print("first [bold]", "second")
    assert capsys.readouterr().out == "first [bold]\nsecond\n"


def test_a_terminal_shows_progress_below_the_messages():
    with redirect_stdout(FakeTerminal()) as screen, Terminal() as live:
        live.progress(0.5, "[half]")
        live.print("message [bold]")
        live.progress(1.0, "all")
        live.print("end")
    output = screen.getvalue()
    assert "50%" in output and "[half]" in output and "message [bold]" in output
    assert output.index("message") < output.rindex("50%") < output.index("end")


def test_a_quiet_terminal_prints_nothing():
    with redirect_stdout(FakeTerminal()) as screen, Terminal(quiet=True) as quiet:
        quiet.progress(0.5)
        quiet.print("message")
    assert screen.getvalue() == ""


def test_training_on_a_terminal_shows_a_bar_and_the_epochs(monkeypatch, tmp_path):
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    with redirect_stdout(FakeTerminal()) as screen:
        assert main(["train", "digits", "--epochs", "2", "--device", "cpu"]) == 0
    assert "samples/s" in screen.getvalue() and "epoch 2/2" in screen.getvalue()


def test_a_signal_asks_for_a_stop_and_the_previous_handlers_return():
    import signal

    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with stop_on_signal() as poll_control:
        assert poll_control(None) == "go"
        signal.raise_signal(signal.SIGTERM)
        assert poll_control(None) == "stop"
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
