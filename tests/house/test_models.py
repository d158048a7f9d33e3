"""Every model says what is personal; relations point down; personal values are sealed, never indexed or unique."""

from __future__ import annotations

from django.apps import apps
from django.db import models

from lianfang.base.fields import SealedField
from tests.house.source import ROOT

ORDER = [
    "base",
    "areas",
    "editions",
    "accounts",
    "audit",
    "privacy",
    "devices",
    "grid",
    "responders",
    "places",
    "messages",
    "holds",
    "decisions",
    "incidents",
    "work",
    "calls",
    "tracing",
    "watch",
    "gates",
    "dispatch",
    "supplies",
    "rounds",
    "sampling",
    "needs",
    "reports",
]
OURS = [m for m in apps.get_models() if m.__module__.startswith("lianfang.")]


def test_every_model_says_which_fields_are_personal() -> None:
    silent = [
        m.__name__
        for m in OURS
        if "personal"
        not in {k for c in m.__mro__ if c.__module__.startswith("lianfang") for k in vars(c) if k == "personal"}
    ]
    assert silent == []


def test_personal_fields_are_sealed_and_say_scope_and_retention() -> None:
    for m in OURS:
        for name in m.personal:  # type: ignore[attr-defined]  # each model has it
            field = m._meta.get_field(name)
            assert isinstance(field, SealedField), f"{m.__name__}.{name}"
            assert field.holds and field.scope in ("incident", "register") and field.retention


def test_no_sealed_field_is_left_unsaid() -> None:
    for m in OURS:
        sealed = {f.name for f in m._meta.get_fields() if isinstance(f, SealedField)}
        assert sealed == set(m.personal), m.__name__  # type: ignore[attr-defined]  # each model has it


def test_nothing_personal_is_indexed_sorted_or_unique() -> None:
    for m in OURS:
        personal = set(m.personal)  # type: ignore[attr-defined]  # each model has it
        used = (
            {f for i in m._meta.indexes for f in i.fields}
            | {f for c in m._meta.constraints for f in getattr(c, "fields", ())}
            | set(m._meta.ordering)
        )
        assert not personal & {f.lstrip("-") for f in used}, m.__name__


def test_relations_point_down_the_order() -> None:
    up = []
    for m in OURS:
        for f in m._meta.get_fields():
            if isinstance(f, models.ForeignKey) and f.remote_field.model.__module__.startswith("lianfang."):
                target = f.remote_field.model._meta.app_label
                if ORDER.index(target) > ORDER.index(m._meta.app_label):
                    up.append(f"{m.__name__}.{f.name} -> {target}")
    assert up == []


def test_no_query_looks_for_personal_text_with_like() -> None:
    for path in (ROOT / "lianfang" / "domains").rglob("queries*.py"):
        text = path.read_text(encoding="utf-8")
        for word in ("name__icontains", "name__contains", "phone__", "id_number__", "TrigramSimilarity", " LIKE "):
            if word in text:
                assert "area" in path.parts or (word == "name__icontains" and "areas" in str(path)), f"{path}: {word}"
