from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "pennywhistle.doors.desk"
    label = "desk"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from pennywhistle.doors.desk.arrival import show_the_way

        user_logged_in.connect(show_the_way, dispatch_uid=self.name)
