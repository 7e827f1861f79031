from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "pennywhistle.shop.payments"
    label = "payments"
    default_auto_field = "django.db.models.BigAutoField"
