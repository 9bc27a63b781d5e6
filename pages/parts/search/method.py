"""How the draft search proceeds: goal, strategy, pruning, number of trials, time budget, and the
repeated seeds of the best settings.
"""

from functools import partial

import streamlit as st

from core.base.encoding import change
from core.base.numbers import short, whole
from core.base.spec import Choice, fields
from core.base.text import counted
from core.studies.search.pruning import NoPruning, Pruning
from core.studies.search.recommended import recommended_pruning, recommended_strategy
from core.studies.search.search import Search
from core.studies.search.strategies import ManyStarts, SearchStrategy
from pages.kit import form, search_draft, session
from pages.kit.form import escape
from pages.kit.layout import card_title
from pages.parts.search import drafts

AUTOMATIC = "automatic"
BUDGET_HELP = (
    "After this time no further trial starts; those at work are finished, then the best settings "
    "are repeated. 0: no limit."
)
HELP = (
    "A strategy chooses the values of the next trial from the results of earlier ones. Pruning "
    "ends trials early whose results so far are worse than those of others."
)


def card(search: Search) -> None:
    """Draw the card."""
    with st.container(border=True, height="stretch", gap="small"):
        card_title("How it searches", help=HELP)
        left, right = st.columns(2, gap="small")
        with left:
            option(search, "goal")
            fields_of(search, ("trials",))
        with right:
            option(search, "against")
            budget(search)
        strategy(search)
        pruning(search)
        finalists = f"{counted(search.finalists, 'finalist')} × {counted(search.repeats, 'seed')}"
        finalists = finalists if search.finalists else "no finalists"
        with (
            st.container(key="fold-search_more"),
            st.expander(f"Finalists, trials at a time, seed · {finalists}"),
        ):
            fields_of(search, ("finalists", "repeats", "parallel", "seed"))


def fields_of(search: Search, names: tuple[str, ...]) -> None:
    """Draw the widgets of some fields of the search."""
    others = tuple(fact.name for fact in fields(Search) if fact.name not in names)
    form.edit(search, drafts.key("field"), skip=others, store=partial(store, search))


def option(search: Search, name: str) -> None:
    """Draw the menu of a field with named options."""
    fact = next(fact for fact in fields(Search) if fact.name == name)
    key = drafts.key(name)
    st.selectbox(
        fact.label, fact.options, fact.options.index(getattr(search, name)),
        format_func=fact.option_labels.get, key=key, help=fact.help,
        on_change=store_option, args=(name, key),
    )  # fmt: skip


def store_option(name: str, key: str) -> None:
    """Write the option that a menu holds."""
    value = session.widget_value(key)
    search = drafts.draft()
    if value is not None:
        store(search, search.model_copy(update={name: value}))


def store(drawn: Search, changed: Search) -> None:
    """Take over what a widget changed in the search that it was drawn with."""
    names = [name for name in Search.model_fields if getattr(drawn, name) != getattr(changed, name)]
    data = changed.model_dump(mode="json")

    def merged(search: Search) -> Search:
        values = {name: data[name] for name in names}
        if "against" in names or "trials" in names:  # which decide about pruning
            after = search.model_copy(update={name: getattr(changed, name) for name in names})
            values["pruning"] = recommended_pruning(after).model_dump(mode="json")
        return drafts.with_fields(search, **values)

    drafts.edit(merged)


def budget(search: Search) -> None:
    """Draw the time budget in minutes."""
    key = drafts.key("budget")
    st.number_input(
        "Time budget (minutes)", value=search.seconds / 60, step=5.0, format="%g", min_value=0.0,
        key=key, help=BUDGET_HELP, on_change=store_budget, args=(key,),
    )  # fmt: skip


def store_budget(key: str) -> None:
    """Write the time budget."""
    minutes = session.widget_value(key)
    if minutes is not None:
        drafts.edit(lambda search: change(search, "seconds", 60 * minutes))


def strategy(search: Search) -> None:
    """Draw the menu of strategies: the recommended one with its reason, and all others."""
    best, reason = recommended_strategy(search)
    kinds = [AUTOMATIC, *SearchStrategy.members]
    chosen = search.strategy.kind if session.get_ui(search_draft.CHOSEN) else AUTOMATIC
    key = drafts.key("strategy")
    # A menu sends labels: one that changed would reach the server as an unknown option.
    label = {AUTOMATIC: "Automatic"} | {
        kind: cls.label for kind, cls in SearchStrategy.members.items()
    }
    st.selectbox(
        "Strategy", kinds, kinds.index(chosen), format_func=label.get, key=key,
        help=form.explain(type(search.strategy)), on_change=store_strategy, args=(key,),
    )  # fmt: skip
    if chosen == AUTOMATIC:
        st.caption(escape(f"{best.label}. {reason}"))
    else:
        st.caption(escape(summary_of(search.strategy)))


def summary_of(choice: Choice) -> str:
    """Return the first sentence of what a choice does."""
    return f"{' '.join(choice.doc().split()).split('. ')[0].rstrip('.')}."


def store_strategy(key: str) -> None:
    """Write the strategy. Many starts vary no setting, all others at least one."""
    kind = session.widget_value(key)
    session.set_ui(search_draft.CHOSEN, "" if kind == AUTOMATIC else "yes")

    def chosen(search: Search) -> Search:
        was_seeds = isinstance(search.strategy, ManyStarts)
        space = drafts.new_search().space if was_seeds else search.space
        if kind == ManyStarts.model_fields["kind"].default:
            space = ()
        base = search.model_copy(update={"space": space})
        new = recommended_strategy(base)[0] if kind == AUTOMATIC else SearchStrategy.pick(kind)
        return drafts.with_fields(
            search,
            space=[each.model_dump(mode="json") for each in space],
            strategy=new.model_dump(mode="json"),
        )

    drafts.edit(chosen, redraw=True)


def pruning(search: Search) -> None:
    """Draw the rule that ends trials early, with its own settings."""
    key = drafts.key("pruning")
    kinds = list(Pruning.members)
    st.segmented_control(
        "Pruning", kinds, default=search.pruning.kind, required=True, key=key,
        format_func=lambda kind: Pruning.members[kind].label, disabled=bool(search.against),
        help=form.explain(type(search.pruning)), on_change=store_pruning, args=(key,),
    )  # fmt: skip
    if search.against:
        st.caption("With two goals no trial is ended early: small networks learn more slowly.")
    elif not isinstance(search.pruning, NoPruning):
        form.edit(
            search.pruning, drafts.key("pruning field"), store=partial(store_rule, search.pruning)
        )


def store_pruning(key: str) -> None:
    """Write the pruning rule."""
    if kind := session.widget_value(key):
        drafts.edit(lambda search: drafts.with_fields(search, pruning={"kind": kind}))


def store_rule(drawn: Pruning, changed: Pruning) -> None:
    """Write a setting of the pruning rule."""
    names = [n for n in type(drawn).model_fields if getattr(drawn, n) != getattr(changed, n)]
    data = changed.model_dump(mode="json")

    def merged(search: Search) -> Search:
        own = search.pruning.model_dump(mode="json") | {name: data[name] for name in names}
        return drafts.with_fields(search, pruning=own)

    drafts.edit(merged)


def describe(search: Search) -> str:
    """Return the settings of a search in one line."""
    parts = [search.strategy.label, counted(search.trials, "trial"), search.pruning.label.lower()]
    if search.seconds:
        parts.append(f"at most {short(search.seconds / 60)} min")
    if search.finalists:
        parts.append(f"{whole(search.finalists)} finalists × {counted(search.repeats, 'seed')}")
    return " · ".join(parts)
