from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    name = "lianfang.domains.decisions"
    label = "decisions"
