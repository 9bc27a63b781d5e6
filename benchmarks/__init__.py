"""Speed against named alternatives, as ratios measured in one run; by hand, never in CI."""
