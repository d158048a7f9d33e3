from django.apps import AppConfig


class DispatchConfig(AppConfig):
    name = "lianfang.domains.dispatch"
    label = "dispatch"
