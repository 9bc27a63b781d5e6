"""Whether a finished run is good, and what to try next: the analyses of the tab Verdict."""
