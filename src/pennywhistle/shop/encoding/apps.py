from django.apps import AppConfig


class EncodingConfig(AppConfig):
    name = "pennywhistle.shop.encoding"
    label = "encoding"
    default_auto_field = "django.db.models.BigAutoField"
