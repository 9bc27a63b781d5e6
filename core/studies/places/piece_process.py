"""A process that computes pieces of work: the child's end of processes.py. Requests and outcomes
are JSON lines. It ends when its pipe does, also when its parent was killed.
"""

import os
import signal
from typing import Any

from core.base.encoding import from_json_text, to_json_text
from core.base.process import claim_output, follow_parent, send_to_parent
from core.studies.places.serving import PieceServer

MEMORY_SCORE = 700


def main() -> None:
    """Compute one requested piece after another."""
    pipe = claim_output()

    def send(outcome: dict[str, Any]) -> None:
        if not send_to_parent(pipe, to_json_text(outcome)):
            os._exit(0)

    server = PieceServer(send)
    follow_parent(
        lambda line: server.receive(from_json_text(line)), lambda: os._exit(0), MEMORY_SCORE
    )
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl+C means
    server.run()


if __name__ == "__main__":
    main()
