"""A search of another experiment: what stays of its space, and what to begin with. Pure functions;
no torch.
"""

from core.base.encoding import build
from core.base.errors import BadExperiment
from core.experiment import Experiment
from core.studies.search.dimensions import default_space
from core.studies.search.search import Search
from core.studies.search.space import Dimension
from core.studies.search.strategies import ManyStarts


def first_search(experiment: Experiment) -> Search:
    """Return the search to begin with: of the usual settings, or of the seeds alone where the
    experiment has none of them.
    """
    space = default_space(experiment)
    more = {} if space else {"strategy": ManyStarts()}
    return Search(base=experiment, space=space, **more)


def rebase(search: Search, experiment: Experiment) -> Search:
    """Return the search with another experiment as its base. Of its space, those dimensions stay
    that the new experiment allows; where that is none, the usual ones begin.
    """
    if search.base == experiment.unforked:
        return search
    if not search.space:
        return search.model_copy(update={"base": experiment.unforked})
    space: list[Dimension] = []
    data = search.model_dump(mode="json", exclude={"base", "space"})
    data["base"] = experiment.unforked.model_dump(mode="json")
    rebased = None
    for dimension in search.space:
        tried = [*space, dimension]
        try:
            rebased = build(
                Search, data | {"space": [each.model_dump(mode="json") for each in tried]}
            )
            space = tried
        except BadExperiment:  # the new experiment has no such setting
            continue
    if rebased:
        return rebased
    first = first_search(experiment)
    fields = {"space": first.space, "base": first.base, "strategy": first.strategy}
    return search.model_copy(update=fields)
