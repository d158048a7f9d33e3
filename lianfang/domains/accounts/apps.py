from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "lianfang.domains.accounts"
    label = "accounts"
