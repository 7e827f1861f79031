"""The one Jinja2 environment of the house: strict, escaped, translatable.

Settings name `pennywhistle.look.environment.environment` as the Jinja2 backend's environment, and
`TEMPLATES_FOLDER` as one of its folders.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib.messages import get_messages
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import conditional_escape
from django.utils.translation import get_language, gettext, ngettext, npgettext, pgettext
from jinja2 import Environment, StrictUndefined

from pennywhistle.look import formats
from pennywhistle.look.ink import coin_widths, ink_strokes

TEMPLATES_FOLDER = Path(__file__).parent / "templates"


def _url(name: str, *args: object, **kwargs: object) -> str:
    """The path of a named address; raises NoReverseMatch where there is none."""
    return reverse(name, args=args or None, kwargs=kwargs or None)


def environment(**options: Any) -> Environment:
    """Make the environment for Django's Jinja2 backend; an undefined name raises, always."""
    options |= {
        "undefined": StrictUndefined,
        "extensions": ["jinja2.ext.i18n", "jinja2.ext.loopcontrols"],
        "trim_blocks": True,
        "lstrip_blocks": True,
    }
    options.pop("autoescape", None)
    made = Environment(autoescape=True, **options)
    made.install_gettext_callables(  # type: ignore[attr-defined]
        gettext, ngettext, newstyle=True, pgettext=pgettext, npgettext=npgettext
    )
    made.globals |= {
        "static": static,
        "url": _url,
        "messages_of": get_messages,
        "language": get_language,
        "countries": formats.countries,
        "ink_strokes": ink_strokes,
        "coin_widths": coin_widths,
    }
    made.filters |= {
        "money": formats.money,
        "money_to_the_cent": formats.money_to_the_cent,
        "signed_money": formats.signed_money,
        "percent": formats.percent,
        "megabytes": formats.megabytes,
        "duration": formats.duration,
        "spoken_duration": formats.spoken_duration,
        "country": formats.country,
        "day": formats.day,
        "moment": formats.moment,
        "clock": formats.clock,
        "machine_time": formats.machine_time,
        # Django's help texts are markup that is made only when it is asked for.
        "django_html": conditional_escape,
    }
    return made
