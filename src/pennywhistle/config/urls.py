"""Every address of the shop's pages. Bytes are served beside them: see `asgi.py`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/", include("allauth.urls")),
    path("desk/", include("pennywhistle.doors.desk.urls")),
    path("webhooks/", include("pennywhistle.doors.webhooks.urls")),
    path("", include("pennywhistle.doors.storefront.urls")),
]

handler400 = "pennywhistle.doors.storefront.trouble.unreadable"
handler403 = "pennywhistle.doors.storefront.trouble.forbidden"
handler404 = "pennywhistle.doors.storefront.trouble.not_found"
handler500 = "pennywhistle.doors.storefront.trouble.broken"
