from django.apps import AppConfig


class BaseConfig(AppConfig):
    name = "lianfang.base"
    label = "base"
