from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "pennywhistle.shop.library"
    label = "library"
    default_auto_field = "django.db.models.BigAutoField"
