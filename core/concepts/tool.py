"""Tool: what the lab offers besides training, with its formula and source."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tool:
    """`kind` names the tool in an address, `page` is the page that shows it and `group` the part of
    that page, `technique` lists the techniques that it covers.
    """

    kind: str
    label: str
    about: str
    formula: str
    source: str
    technique: str
    page: str = "Concepts"
    group: str = ""
