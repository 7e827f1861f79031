"""Who signs in as a member of a label is shown the way to the desk."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from pennywhistle.look.frame import HAS_DESK
from pennywhistle.shop.catalogue.queries import list_label_ids_of_member


def show_the_way(
    sender: object, *, request: HttpRequest, user: AbstractBaseUser, **_: object
) -> None:
    """Note it in the session, so that no page has to ask again. One query at each sign-in.

    It is a signpost alone: whether someone may see a page, the page itself asks each time.
    """
    if list_label_ids_of_member(person_id=user.pk):
        request.session[HAS_DESK] = True
