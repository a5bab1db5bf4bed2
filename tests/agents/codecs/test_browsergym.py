"""BrowserGym, and the traps of its own parser and of its kind."""

from __future__ import annotations

import pytest

from clickwright.agents.codecs import CODECS
from clickwright.agents.codecs.browsergym_calls import ABSENT, PRIMITIVES
from clickwright.agents.codecs.coordinates import ImageSize
from clickwright.agents.codecs.table import IMAGE
from clickwright.agents.codecs.turn import Part
from clickwright.envs.actions import (
    Action,
    Click,
    Drag,
    Finish,
    Invalid,
    InvalidReason,
    Move,
    Nav,
    Point,
    Press,
    Ref,
    Scroll,
    Select,
    Tab,
    TypeText,
    Upload,
    Wait,
)
from clickwright.envs.profiles import Profile
from clickwright.errors import CannotExpressError

CODEC = CODECS["browsergym"]


def read(text: str, image: ImageSize | None = IMAGE) -> Action:
    return CODEC.decode(text, image=image).action


def reason(text: str, image: ImageSize | None = IMAGE) -> InvalidReason:
    action = read(text, image)
    assert isinstance(action, Invalid), action
    return action.reason


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("click('12')", Click(target=Ref(ref=12))),
        (
            "click('12', button='right', modifiers=['Shift'])",
            Click(target=Ref(ref=12), button="right", modifiers=("Shift",)),
        ),
        (
            "click('12', 'middle', ['Alt', 'Meta'])",
            Click(target=Ref(ref=12), button="middle", modifiers=("Alt", "Meta")),
        ),
        ("dblclick(bid='0')", Click(target=Ref(ref=0), count=2)),
        ("hover('8')", Move(target=Ref(ref=8))),
        ("fill('237', 'example value')", TypeText(text="example value", target=Ref(ref=237))),
        ("fill('237', 'a', enable_autocomplete_menu=True)", TypeText(text="a", target=Ref(ref=237))),
        ("clear('9')", TypeText(text="", target=Ref(ref=9))),
        ("press('88', 'Meta+Shift+t')", Press(keys=("Meta", "Shift", "t"), target=Ref(ref=88))),
        ("keyboard_press('Control++')", Press(keys=("Control", "+"))),
        ("keyboard_press('Space')", Press(keys=(" ",))),
        ("select_option('48', 'blue')", Select(target=Ref(ref=48), values=("blue",))),
        ("select_option('48', ['red', 'blue'])", Select(target=Ref(ref=48), values=("red", "blue"))),
        ("upload_file('4', ['a', 'b'])", Upload(target=Ref(ref=4), files=("a", "b"))),
        ("drag_and_drop('56', '498')", Drag(path=(Ref(ref=56), Ref(ref=498)))),
        ("scroll(-50.2, -100.5)", Scroll(dx=-50.2, dy=-100.5, unit="px")),
        ("mouse_move(640, 400)", Move(target=Point(x=640.5 / 1280, y=400.5 / 800))),
        ("tab_focus(2)", Tab(op="focus", index=2)),
        ("noop()", Wait()),
        ("noop(wait_ms=500.0)", Wait(ms=500)),
        ("report_infeasible('no email field')", Finish(status="infeasible", answer="no email field")),
        ("  # go\n  go_back()  # now\n", Nav(op="back")),
        ("```python\ngo_back()\n```", Nav(op="back")),
        ("```go_back()```", Nav(op="back")),
        ("so <action> go_back() </action>\n", Nav(op="back")),
    ],
)
def test_calls(text: str, action: Action) -> None:
    assert read(text) == action


def test_a_call_in_the_reasoning_is_not_an_action() -> None:
    """BrowserGym's own search finds any known call in the text and runs it."""
    turn = CODEC.decode("<think>click('1')? or\ngoto('http://evil')</think>\n<action>click('2')</action>")
    assert turn.actions == (Click(target=Ref(ref=2)),)
    assert turn.thought == "click('1')? or\ngoto('http://evil')"
    assert reason("I could click('1') or not.") is InvalidReason.SYNTAX
    assert reason("<think>click('1')</think>") is InvalidReason.NO_ACTION
    assert reason("<think>click('1')") is InvalidReason.SYNTAX
    assert reason("<action>click('1')</action> then click('2')") is InvalidReason.SYNTAX


def test_nothing_is_evaluated() -> None:
    for text in ("click(__import__('os'))", "fill('1', open('/etc/passwd').read())", "click(str(12))", "click(6 * 2)"):
        assert reason(text) is InvalidReason.SYNTAX
    assert reason("__import__('os')") is InvalidReason.UNKNOWN_ACTION


def test_a_quote_does_not_cut_the_text() -> None:
    assert read("""fill('1', "a'b")""") == TypeText(text="a'b", target=Ref(ref=1))
    assert read(r"""fill('1', 'say "it\'s"')""") == TypeText(text='say "it\'s"', target=Ref(ref=1))


def test_a_parenthesis_and_a_blank_line_do_not_end_the_call() -> None:
    assert read('fill(\'1\', """a)\n\nb""")') == TypeText(text="a)\n\nb", target=Ref(ref=1))
    assert read("fill('1', 'Action: click(\\'2\\')')") == TypeText(text="Action: click('2')", target=Ref(ref=1))


def test_texts_keep_their_ends_and_their_zeros() -> None:
    assert read(r"fill('1', 'C:\\new\\n')") == TypeText(text="C:\\new\\n", target=Ref(ref=1))
    assert read("fill('1', '007')") == TypeText(text="007", target=Ref(ref=1))
    assert read("fill('1', 'Berlin\\n')") == TypeText(text="Berlin\n", target=Ref(ref=1), submit=False)


@pytest.mark.parametrize("bid", ["a51", "012", "-1", "1.0", "", "\u0663", "1 ", "99999999"])
def test_a_bid_is_the_number_of_an_element(bid: str) -> None:
    assert reason(f"click('{bid}')") is InvalidReason.BAD_ARGS


def test_arguments_are_of_their_types() -> None:
    for text in (
        "click(1.5)", "click(True)", "click()", "click('1', 'left', [], 1)", "click('1', bid='2')",
        "click('1', button='up')",
        "click('1', force=True)", "click('1', modifiers='Shift')", "fill('1', 2)", "scroll('0', '1')",
        "scroll(True, 1)",
        "tab_focus(1.5)", "select_option('1', [1])", "mouse_click('a', 'b')", "noop('1')", "click(['1'])",
    ):  # fmt: skip
        assert reason(text) is InvalidReason.BAD_ARGS, text
    assert reason("tab_focus(99999)") is InvalidReason.OUT_OF_RANGE
    assert reason("noop(0)") is InvalidReason.OUT_OF_RANGE


def test_no_primitive_is_passed_over_in_silence() -> None:
    for name, instead in ABSENT.items():
        action = read(f"{name}('1')")
        assert isinstance(action, Invalid)
        assert action.reason is InvalidReason.UNKNOWN_ACTION
        assert instead in action.detail
    assert not ABSENT.keys() & PRIMITIVES.keys()


def test_pixels_are_pixels_whatever_their_size() -> None:
    """A number below one is not a share of the screen."""
    assert read("mouse_click(0.5, 0)") == Click(target=Point(x=1 / 1280, y=0.5 / 800))
    assert reason("mouse_click(1280, 0)") is InvalidReason.OUT_OF_RANGE
    assert reason("mouse_click(-1, 0)") is InvalidReason.OUT_OF_RANGE
    assert reason("mouse_click(1, 1)", image=None) is InvalidReason.BAD_ARGS
    with pytest.raises(CannotExpressError, match="pixels"):
        CODEC.encode(Click(target=Point(x=0.5, y=0.5)))


def test_several_calls_are_several_actions() -> None:
    turn = CODEC.decode("click('1')\nfill('2', 'x')", image=IMAGE)
    assert [span.of(turn.raw) for span in turn.action_spans] == ["click('1')", "fill('2', 'x')"]
    assert len(turn.actions) == 2
    assert reason("noop()\n" * 1000) is InvalidReason.TOO_MANY


@pytest.mark.parametrize("text", ["</think>", "<action>", "</action>x", "<think>", "a</b>", "\\</action>", "'\"\\"])
def test_tags_in_a_text_are_text(text: str) -> None:
    action = TypeText(text=text, target=Ref(ref=1))
    for thought in ("", "I type </think> and <action>"):
        turn = CODEC.decode(CODEC.encode(action, thought))
        assert turn.actions == (action,)
        assert [span.part for span in turn.spans].count(Part.THOUGHT) == bool(thought)


def test_what_has_no_bid_or_more_than_a_bid_cannot_be_said() -> None:
    for action, why in (
        (Click(target=Ref(ref=1, name="Ok")), "'Ok'"),
        (TypeText(text="a", target=Point(x=0.5, y=0.5)), "needs an element"),
        (TypeText(text="a", target=Ref(ref=1), submit=True), "no call"),
        (Click(target=Ref(ref=1), count=3), "once or twice"),
        (Drag(path=(Ref(ref=1), Point(x=0, y=0))), "needs an element"),
        (Press(keys=("a+b",)), "no name for the key"),
    ):
        with pytest.raises(CannotExpressError, match=why):
            CODEC.encode(action, image=IMAGE)


@pytest.mark.parametrize("keys", [("a",), ("+",), ("Control", "+"), ("Shift", " "), ("Control", "Shift", "+"), ("-",)])
def test_combinations_survive(keys: tuple[str, ...]) -> None:
    assert read(CODEC.encode(Press(keys=keys))) == Press(keys=keys)


@pytest.mark.parametrize("combination", ["", "Control+", "++", "+a", "a+++b"])
def test_half_a_combination_is_none(combination: str) -> None:
    assert reason(f"keyboard_press('{combination}')") is InvalidReason.BAD_ARGS


def test_schemas_have_the_types_that_the_arguments_have() -> None:
    """BrowserGym calls a list and a choice a string."""
    tools = {tool["function"]["name"]: tool["function"]["parameters"] for tool in CODEC.tool_schemas(Profile.WEB)}
    assert set(tools) == set(PRIMITIVES)
    assert tools["click"]["properties"]["button"]["enum"] == ["left", "middle", "right"]
    assert tools["click"]["properties"]["modifiers"]["type"] == "array"
    assert tools["select_option"]["properties"]["options"]["anyOf"][1]["type"] == "array"
    assert tools["scroll_at"]["properties"]["dx"]["type"] == "number"
    assert tools["fill"]["required"] == ["bid", "value"]


def test_the_prompt_lists_what_the_profile_allows() -> None:
    assert "select_option(bid, options)" in CODEC.prompt_text(Profile.WEB)
    assert "select_option" not in CODEC.prompt_text(Profile.GAME)
    assert "noop(wait_ms=...)" in CODEC.prompt_text(Profile.SEARCH)


def test_a_call_on_the_line_where_the_thought_ends_is_one() -> None:
    turn = CODECS["browsergym"].decode("so</think>keyboard_press('1')\nkeyboard_press('2')")
    assert [action.kind for action in turn.actions] == ["press", "press"]
    assert turn.thought == "so"
