import numpy as np
import pytest

from clickwright.envs.games.trail.catalog import DESIGNS
from clickwright.envs.games.trail.world import ASTRAY, BACK, START, WORDS, Design, draw_trail, half_of
from clickwright.errors import ConfigError


def trails(name, count=50):
    return [draw_trail(np.random.default_rng(seed), DESIGNS[name], half=seed % 2) for seed in range(count)]


@pytest.mark.parametrize("name", DESIGNS)
def test_every_page_offers_the_right_stop_once_or_has_a_field_for_it(name):
    design = DESIGNS[name]
    for trail in trails(name):
        assert len(trail.stops) == len(trail.pages) == len(trail.astray) == design.num_stops
        assert len(set(trail.stops)) == design.num_stops
        assert sum(page.has_field for page in trail.pages) == design.num_forms
        for stop, page in zip(trail.stops, trail.pages, strict=True):
            assert len(set(page.links)) == len(page.links) == design.num_links
            assert (stop in page.links) != page.has_field
            assert page.footer not in page.links


@pytest.mark.parametrize("name", DESIGNS)
def test_footers_tell_the_place_and_lures_are_of_this_trail(name):
    design, found = DESIGNS[name], set()
    for trail in trails(name):
        assert [page.footer for page in trail.pages] == [START, *trail.stops[:-1]]
        assert all(page.footer == ASTRAY and BACK in page.links for page in trail.astray)
        for stop, page in zip(trail.stops, trail.pages, strict=True):
            found.add(sum(link in trail.stops and link != stop for link in page.links))
    assert max(found) == min(design.num_lures, design.num_stops - 1)


def test_where_choices_lead():
    trail = trails("long", 1)[0]
    assert trail.after(4, trail.stops[4]) == (5, False)
    assert trail.after(4, trail.stops[1]) == (2, False)  # back to the page that comes after that stop
    assert trail.after(4, trail.stops[3]) == (4, False)  # one is there already
    assert trail.after(4, trail.stops[6]) == (4, True)
    assert trail.after(4, "no such word") == (4, True)
    assert trail.after(0, "") == (0, True)


def test_a_trail_is_of_the_half_that_was_asked_for():
    assert [half_of(trail.stops) for trail in trails("medium", 20)] == [0, 1] * 10


def test_the_words_are_different_and_none_of_them_means_anything_here():
    assert len(set(WORDS)) == len(WORDS)
    assert not {BACK, START, ASTRAY} & set(WORDS)


@pytest.mark.parametrize(
    "settings",
    [
        {"num_steps": 0, "num_forms": 0},
        {"num_steps": 3, "num_forms": 2},
        {"num_steps": 3, "num_forms": -1},
        {"num_steps": 3, "num_forms": 1, "num_lures": 4},
        {"num_steps": len(WORDS), "num_forms": 0},
    ],
)
def test_designs_that_cannot_be_are_refused(settings):
    with pytest.raises(ConfigError, match="Design"):
        Design(**settings)


def test_a_trail_of_one_stop_has_no_lures():
    trail = draw_trail(np.random.default_rng(0), Design(num_steps=1, num_forms=0), half=1)
    assert len(trail.stops) == 1
    assert trail.stops[0] in trail.pages[0].links
