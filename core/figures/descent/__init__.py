"""The charts of double descent: the curve, the map of width × steps, the weight norm and variance,
and the result of every seed. Each module has `rows`, which computes from points, and `figure`,
which draws. Uses plotly, no torch and no page.
"""
