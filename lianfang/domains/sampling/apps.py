from django.apps import AppConfig


class SamplingConfig(AppConfig):
    name = "lianfang.domains.sampling"
    label = "sampling"
