from django.apps import AppConfig


class LookConfig(AppConfig):
    name = "pennywhistle.look"
    label = "look"
