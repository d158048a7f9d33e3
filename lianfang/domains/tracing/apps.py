from django.apps import AppConfig


class TracingConfig(AppConfig):
    name = "lianfang.domains.tracing"
    label = "tracing"
