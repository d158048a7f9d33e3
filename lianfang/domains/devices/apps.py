from django.apps import AppConfig


class DevicesConfig(AppConfig):
    name = "lianfang.domains.devices"
    label = "devices"
