"""Pictures of double descent: the curve, width × steps, and why. Each has `rows`, which computes
from points, and `figure`, which draws. Knows plotly, no torch and no page.
"""
