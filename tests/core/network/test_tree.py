"""Changes of nested layers: each is found again at its path, and nothing else changes."""

import pytest

from core.base.encoding import decode, encode
from core.experiment import Experiment
from core.network import tree
from core.network.activations import GELU, ReLU, Tanh
from core.network.build import trace
from core.network.layers import (
    Branches,
    Conv2d,
    Dropout,
    Flatten,
    Layer,
    Output,
    Residual,
    walk_layers,
)

INNER = Residual(layers=(Conv2d(maps=3, padding=1), ReLU()))
NET = (
    Conv2d(maps=2),
    Residual(layers=(Conv2d(maps=4), ReLU(), Dropout())),
    Branches(branches=((Conv2d(maps=1, kernel=1),), (INNER, Tanh()), ())),
    Flatten(),
    Output(),
)
PLACES = [(0,), (4,), (1, 0, 0), (1, 0, 2), (2, 0, 0), (2, 1, 0), (2, 1, 0, 0, 1), (2, 1, 1)]
CHAINS = [(), (1, 0), (2, 0), (2, 1), (2, 2), (2, 1, 0, 0)]


def walked(layers, before=()):
    """Every place and its layer, found without the module under test."""
    for i, layer in enumerate(layers):
        yield (*before, i), layer
        for c, chain in enumerate(layer.chains()):
            yield from walked(chain, (*before, i, c))


def test_every_layer_is_found_at_its_path():
    found = dict(walked(NET))
    assert set(PLACES) <= found.keys()
    assert all(tree.layer_at(NET, place) is layer for place, layer in found.items())
    assert all(tree.has_layer(NET, place) for place in found)


@pytest.mark.parametrize("place", [(), (9,), (0, 0, 0), (1, 0), (1, 1, 0), (2, 2, 0)])
def test_paths_without_a_layer_are_recognized(place):
    assert not tree.has_layer(NET, place)


@pytest.mark.parametrize("place", PLACES)
def test_replacing_a_layer_leaves_all_others_unchanged(place):
    new = tree.replace_layer(NET, place, GELU())
    kept = {p: one for p, one in walked(NET) if not one.chains() and p[: len(place)] != place}
    assert tree.layer_at(new, place) == GELU() and kept.items() <= dict(walked(new)).items()
    assert tree.replace_layer(new, place, tree.layer_at(NET, place)) == NET


@pytest.mark.parametrize("place", PLACES)
def test_inserting_and_deleting_a_layer_gives_the_same_network(place):
    new = tree.insert_layer(NET, place, GELU())
    assert tree.layer_at(new, place) == GELU()
    assert len(list(walk_layers(new))) == len(list(walk_layers(NET))) + 1
    assert tree.replace_layer(new, place) == NET


@pytest.mark.parametrize("chain", CHAINS)
def test_a_layer_can_be_inserted_at_the_end_of_every_chain(chain):
    count = len(tree.chain_at(NET, chain))
    new = tree.insert_layer(NET, (*chain, count), GELU())
    assert tree.chain_at(new, chain) == (*tree.chain_at(NET, chain), GELU())
    assert tree.replace_chain(new, chain, tree.chain_at(NET, chain)) == NET


@pytest.mark.parametrize("place", PLACES)
def test_wrapping_and_unwrapping_gives_the_same_network(place):
    new = tree.wrap_layer(NET, place)
    assert tree.layer_at(new, place) == Residual(layers=(tree.layer_at(NET, place),))
    assert tree.unwrap_block(new, place) == NET


def test_swapping_two_layers_changes_only_their_chain():
    new = tree.swap_layers(NET, (1, 0, 0), 1)
    assert tree.chain_at(new, (1, 0)) == (ReLU(), Conv2d(maps=4), Dropout())
    assert tree.swap_layers(new, (1, 0, 1), 0) == NET


def test_branches_are_added_and_deleted():
    new = tree.add_branch(NET, (2,), 1, (ReLU(),))
    assert tree.layer_at(new, (2,)).branches == (
        *NET[2].branches[:1],
        (ReLU(),),
        *NET[2].branches[1:],
    )
    assert tree.delete_branch(new, (2,), 1) == NET


def test_unwrapped_branches_follow_one_another():
    assert tree.unwrap_block(NET, (2,))[2:5] == (Conv2d(maps=1, kernel=1), INNER, Tanh())


def test_the_last_layer_of_a_branch_can_be_deleted_but_not_that_of_a_residual_block():
    assert (
        tree.can_delete(NET, (1, 0, 0))
        and tree.can_delete(NET, (2, 0, 0))
        and tree.can_delete(NET, (0,))
    )
    assert not tree.can_delete(
        tree.replace_layer(tree.replace_layer(NET, (1, 0, 0)), (1, 0, 0)), (1, 0, 0)
    )


def test_all_activations_are_replaced():
    new = list(walk_layers(tree.replace_activations(NET, GELU())))
    assert [one.kind for one in new] == [
        "gelu" if one.kind in ("relu", "tanh") else one.kind for one in walk_layers(NET)
    ]


def test_the_deepest_nesting_still_fits_in_a_link():
    layers: tuple[Layer, ...] = (Conv2d(), Flatten(), Output())
    place = (0,)
    while tree.fits_depth(layers, place, Branches()):
        layers = tree.replace_layer(
            layers, place, Branches(branches=((tree.layer_at(layers, place),),))
        )
        place = (*place, 0, 0)
    assert len(place) == 2 * tree.MAX_DEPTH + 1
    experiment = Experiment(network=layers)
    assert decode(Experiment, encode(experiment)) == experiment


def test_numbers_and_names_of_layers_follow_from_their_paths():
    facts = trace(NET, (1, 8, 8), 10)

    def numbers(chain):
        for fact in chain:
            yield fact.number, fact.path
            for inner in fact.chains:
                yield from numbers(inner)

    seen = dict(numbers(facts))
    assert seen["2.1"] == "residual1.layers.conv1"
    assert seen["3.1.1"] == "branches1.branches.0.conv1"
    assert seen["3.2.1.2"] == "branches1.branches.1.residual1.layers.relu1"
    assert len(seen) == len(list(walk_layers(NET)))
