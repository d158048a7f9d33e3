from django.apps import AppConfig


class CallsConfig(AppConfig):
    name = "lianfang.domains.calls"
    label = "calls"
