from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "pennywhistle.doors.desk"
    label = "desk"
