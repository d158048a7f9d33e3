from django.apps import AppConfig


class RespondersConfig(AppConfig):
    name = "lianfang.domains.responders"
    label = "responders"
