"""Every template, drawn from sample page objects: strict in names and in HTML."""

from __future__ import annotations

import re

import html5lib
import pytest
from django.template import engines
from django.template.backends.jinja2 import Jinja2
from django.template.loader import render_to_string
from jinja2 import Environment, UndefinedError
from markupsafe import Markup

from pennywhistle.doors.storefront import samples
from pennywhistle.look.environment import TEMPLATES_FOLDER
from pennywhistle.look.frame import BARE_FRAME, Frame

FRAMES = [samples.VISITOR, samples.LISTENER, BARE_FRAME]
STAFF = Frame(name="Pennywhistle", listener="otto@example.org", is_staff=True)


def jinja() -> Environment:
    """The house's one environment, as Django has made it."""
    engine = engines["jinja2"]
    assert isinstance(engine, Jinja2)
    return engine.env


def draw(template: str, page: object, shop: Frame, **more: object) -> str:
    """The page as a browser would get it. No request, so no context processor either."""
    token = Markup('<input type="hidden" name="csrfmiddlewaretoken" value="x">')
    context = {"page": page, "shop": shop, "csrf_input": token}
    return render_to_string(f"storefront/{template}.html", context | more)


def parse(text: str) -> None:
    """Raise for anything that the HTML standard calls a parse error."""
    html5lib.HTMLParser(strict=True).parse(text)


@pytest.mark.parametrize("shop", FRAMES, ids=["visitor", "listener", "bare"])
@pytest.mark.parametrize(
    ("template", "page"),
    samples.PAGES,
    ids=[f"{name}-{number}" for number, (name, _) in enumerate(samples.PAGES)],
)
def test_every_page_is_drawn_and_is_strict_html(template: str, page: object, shop: Frame) -> None:
    text = draw(template, page, shop)
    parse(text)
    assert "<h1" in text
    check_policy(text)


def test_the_living_page_is_drawn_in_both_themes() -> None:
    text = draw("style", samples.HOME, samples.LISTENER, release=samples.RELEASE)
    parse(text)
    check_policy(text)
    assert 'data-theme="light"' in text
    assert 'data-theme="dark"' in text


def check_policy(text: str) -> None:
    """A strict Content-Security-Policy forbids inline scripts and styles."""
    assert not re.search(r"<[^>]+\sstyle=", text)
    assert not re.search(r"<[^>]+\son[a-z]+=", text)
    assert "<style" not in text
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids)), "an id occurs twice"


def test_a_name_that_a_template_does_not_know_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        draw("artist", object(), samples.VISITOR)


def test_what_people_typed_is_escaped() -> None:
    page = samples.SEARCH.__class__(query="<script>alert(1)</script>")
    text = draw("search", page, samples.VISITOR)
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


def test_what_is_not_sold_here_says_so_and_has_no_button() -> None:
    text = draw("release", samples.RELEASE_ELSEWHERE, samples.VISITOR)
    assert "not sold in France" in text
    assert 'action="/basket/"' not in text


def test_a_nominal_size_is_called_about() -> None:
    text = draw("release", samples.RELEASE, samples.VISITOR)
    row = text.split("King of the Fairies", 1)[1].split("</li>", 1)[0]
    assert "about" in row
    exact = text.split(">Swallowtail Jig<", 1)[1].split("</li>", 1)[0]
    assert "about" not in exact


def test_the_foot_of_each_page_names_the_licences() -> None:
    text = draw("home", samples.HOME, samples.VISITOR)
    for line in samples.LICENCES:
        assert line.licensor.replace("&", "&amp;") in text
        assert line.document_reference in text


def test_the_desk_is_linked_for_the_operator_alone() -> None:
    assert 'href="/desk/"' in draw("home", samples.HOME, STAFF)
    assert 'href="/desk/"' not in draw("home", samples.HOME, samples.LISTENER)


def test_every_template_of_the_look_compiles() -> None:
    env = jinja()
    for path in TEMPLATES_FOLDER.rglob("*.html"):
        env.get_template(path.relative_to(TEMPLATES_FOLDER).as_posix())


def test_the_strict_parser_bites() -> None:
    with pytest.raises(html5lib.html5parser.ParseError):
        parse("<!doctype html><title>x</title><p><div></p>")


def test_the_check_of_the_policy_bites() -> None:
    for bad in ('<p style="x">', "<a onclick=x>", "<script>x</script>", '<a id="x"><b id="x">'):
        with pytest.raises(AssertionError):
            check_policy(f"<main>{bad}")
