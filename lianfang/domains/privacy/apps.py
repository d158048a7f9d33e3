from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "lianfang.domains.privacy"
    label = "privacy"
