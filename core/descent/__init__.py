"""The numerics of double descent: small problems from any data, closed forms, and batched networks
whose curves grow point by point. No pages, files or threads.
"""
