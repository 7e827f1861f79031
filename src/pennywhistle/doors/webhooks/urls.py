"""The addresses below `/webhooks/`."""

from __future__ import annotations

from django.urls import path

from pennywhistle.doors.webhooks import views

urlpatterns = [path("<slug:gateway>/", views.receive, name="webhook")]
