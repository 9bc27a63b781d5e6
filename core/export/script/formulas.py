"""Formulas in LaTeX as plain text, for comments."""

import re

SYMBOLS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "varepsilon": "ε", "eta": "η",
    "theta": "θ", "lambda": "λ", "mu": "μ", "nu": "ν", "pi": "π", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "varphi": "φ", "phi": "φ", "Phi": "Φ", "Delta": "Δ", "Sigma": "Σ", "nabla": "∇",
    "sum": "Σ", "prod": "Π", "sqrt": "√", "leftarrow": "←", "to": "→", "le": "≤", "ge": "≥",
    "ne": "≠", "lt": "<", "gt": ">", "pm": "±", "in": "∈", "sim": "~", "cdot": "·", "odot": "⊙",
    "times": "×", "dots": "…", "infty": "∞", "top": "ᵀ", "lVert": "‖", "rVert": "‖", "|": "‖",
    "lfloor": "⌊", "rfloor": "⌋",
}  # fmt: skip
IGNORED = (
    "big",
    "Big",
    "bigl",
    "bigr",
    "left",
    "right",
    "textstyle",
    "mathrm",
    "mathcal",
    "mathbb",
    "text",
)
ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303"}


def readable(formula: str) -> str:
    r"""Return a formula without the commands of LaTeX.

    >>> readable(r"\theta \leftarrow \theta - \eta\, \hat m/(\sqrt{s}+\varepsilon)")
    'θ ← θ - η m̂/(√s+ε)'
    """
    text = re.sub(r"\\begin\{cases\}", " ", formula).replace(r"\end{cases}", "")
    text = text.replace(r"\\", ";  ").replace(r"\qquad", "  ").replace(r"\quad", "  ")
    text = text.replace(r"\{", "⦃").replace(r"\}", "⦄")
    text = re.sub(rf"\\(?:{'|'.join(IGNORED)})(?![a-zA-Z])", "", text)
    text = re.sub(r"\\[,;!: ]", " ", text)
    accents = "|".join(ACCENTS)
    text = re.sub(
        rf"\\({accents})\s*\{{?\\?(\w+)\}}?",
        lambda m: SYMBOLS.get(m[2], m[2]) + ACCENTS[m[1]],
        text,
    )
    text = re.sub(r"\\([a-zA-Z]+|\|)", lambda m: SYMBOLS.get(m[1], m[0]), text)
    text = re.sub(r"\\[td]?frac\s*(\w)\s*(\w)", r"\1/\2", text)
    for _ in range(4):  # the inner brackets first
        text = re.sub(r"\\[td]?frac\s*(\w)\s*\{([^{}]*)\}", r"\1/(\2)", text)
        text = re.sub(r"\\[td]?frac\s*\{([^{}]*)\}\{([^{}]*)\}", r"(\1)/(\2)", text)
        text = re.sub(r"(?<!frac)(?<!\})\{(\w{1,3})\}", r"\1", text)
        text = re.sub(r"_\{(\w+)\}", r"_\1", text)
        text = re.sub(r"_\{([^{}]*)\}", r"[\1]", text)
        text = re.sub(r"\^\{([^{}]*)\}", r"^(\1)", text)
        text = re.sub(r"√\{([^{}]*)\}", r"√(\1)", text)
    text = re.sub(r"[{}&\\]", "", text).replace("⦃", "{").replace("⦄", "}").replace("^ᵀ", "ᵀ")
    text = re.sub(r"/\((\w+)\)", r"/\1", text)
    text = re.sub(r"(?<!\w)\((\w+)\)/", r"\1/", text)
    return " ".join(text.split())
