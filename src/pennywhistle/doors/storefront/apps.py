from django.apps import AppConfig


class StorefrontConfig(AppConfig):
    name = "pennywhistle.doors.storefront"
    label = "storefront"
