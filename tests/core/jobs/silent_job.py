"""A child in place of core.jobs.worker for tests of its parent: it gives signs of life, obeys no
command, and starts without torch.
"""

import threading

from core.base.process import claim_output, send_to_parent

if __name__ == "__main__":
    pipe, tick = claim_output(), threading.Event()
    while send_to_parent(pipe, "."):
        tick.wait(0.05)
