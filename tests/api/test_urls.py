"""The document of the interface, held against what is served: every operation, with fit and with unfit calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client, override_settings
from django.utils.timezone import localtime
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from lianfang.api.door import PREFIX, api
from lianfang.api.urls import document, urlpatterns
from lianfang.base import clock
from lianfang.domains.accounts.models import Program
from lianfang.domains.accounts.queries import program_actor
from lianfang.domains.accounts.rules import SCOPES
from lianfang.domains.needs.services import NewPlea, take_in
from lianfang.site.wsgi import application
from tests.factories.programs import Caller, program_in
from tests.factories.rounds import Testing
from tests.house.test_words import codes
from tests.web.conftest import Town

EXAMPLES = {GenerationMode.POSITIVE: 25, GenerationMode.NEGATIVE: 25}  # of each operation; ten times are minutes
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
          response_headers_conformance, unsupported_method, negative_data_rejection]  # fmt: skip


def operations() -> list[dict[str, Any]]:
    """All operations of the document."""
    return [op for path in document()["paths"].values() for op in path.values()]


def test_every_operation_asks_for_a_token_and_for_scopes_that_there_are() -> None:
    asked = {op["operationId"]: op["x-scopes"] for op in operations()}
    assert {scope for scopes in asked.values() for scope in scopes} == set(SCOPES)
    assert [n for n, scopes in asked.items() if not scopes] == ["get-me"]
    assert all(op["security"] == [{"Bearer": []}] and op["description"] for op in operations())


def test_every_address_is_in_the_document() -> None:
    served = {p.name for p in urlpatterns} - {"api-document", "api-unknown"}
    assert served == {f"api-{op['summary']}" for op in operations()}
    assert len(operations()) == sum(len(r.path_operations[p].operations) for r in api._get_bound_routers()
                                    for p in r.path_operations)  # fmt: skip


@pytest.mark.django_db
def test_the_document_is_open_to_everybody() -> None:
    answer = Client().get(f"{PREFIX}openapi.json")
    assert answer.status_code == 200 and answer.json() == document()


def known(town: Town, testing: Testing) -> dict[str, list[str]]:
    """Ids that there are, by the name of a parameter: else hardly a call would get beyond 404."""
    place = town.place
    area = [str(place.area[n]) for n in ("committee", "district", "neighbour_committee")]
    return {
        "area_id": area, "area": area, "within": area, "incident_id": [str(town.incident.id)],
        "incident": [str(town.incident.id)], "version_id": [str(town.zone)], "item_id": [str(town.call)],
        "building_id": [str(b) for b in place.buildings["committee"]], "round_id": [str(testing.round.id)],
        "person_id": [str(p) for p in place.people[:3]], "day": [localtime(clock.now()).date().isoformat()],
    }  # fmt: skip


def without_tokens(whole: dict[str, Any]) -> dict[str, Any]:
    """The document as if no token were asked for: every call sends a good one, wrong ones have tests of their own."""
    paths = {p: {m: {k: v for k, v in op.items() if k != "security"} for m, op in ops.items()}
             for p, ops in whole["paths"].items()}  # fmt: skip
    return whole | {"paths": paths, "components": {"schemas": whole["components"]["schemas"]}}


def tried(operation: Any, mode: GenerationMode, caller: Caller, ids: dict[str, list[str]]) -> Counter:
    """Call one operation again and again; how often each status was answered."""
    met: Counter = Counter()
    ours = codes()

    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    @settings(max_examples=EXAMPLES[mode], deadline=None, database=None, derandomize=True, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    def call(case: Any, data: st.DataObject) -> None:
        if mode == GenerationMode.POSITIVE and data.draw(st.integers(0, 3)):
            for given_ in (case.path_parameters, case.query):
                for name in set(given_ or {}) & set(ids):
                    given_[name] = data.draw(st.sampled_from(ids[name]))
            if operation.label == "POST /api/v1/work-items" and data.draw(st.booleans()):
                case.body |= {"kind": "patrol", "unit_id": ids["area"][0], "incident_id": None, "values": {}}
            if operation.label == "POST /api/v1/pleas" and data.draw(st.booleans()):
                case.body |= {"words": "缺药", "area_id": ids["area"][0], "kind": "", "danger": ""}
        answer = case.call(headers={"Authorization": f"Bearer {caller.token}"})
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code >= 400:
            assert answer.json()["code"] in ours, answer.json()
        met[answer.status_code] += 1

    call()
    return met


@pytest.fixture
def one_connection() -> Iterator[None]:
    """The server's own handler is called, without the test client, which keeps the test's transaction open."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.django_db
@pytest.mark.usefixtures("one_connection")
@override_settings(PROGRAM_CALLS=1_000_000)
def test_whatever_is_sent_is_answered_as_the_document_says(town: Town, testing: Testing) -> None:
    """Hundreds of calls made from the document itself, by a program that may do all that programs may."""
    caller, ids = program_in(town.place.area["district"]), known(town, testing)
    program, at = program_actor(Program.objects.get(id=caller.id), at=clock.now()), clock.now()
    plea = NewPlea(uuid4(), "message", "缺药", program, at, area_id=town.place.area["committee"])
    assert take_in(pleas=[plea], by=program, at=at)[0].code == ""
    ids["plea_id"] = [str(plea.id)]
    schema = schemathesis.openapi.from_dict(without_tokens(document()))
    schema.app = application
    every: Counter = Counter()
    for found in schema.get_all_operations():
        operation = found.ok()
        met = tried(operation, GenerationMode.POSITIVE, caller, ids)
        assert met[200], f"{operation.label}: no call was answered, {met}"
        every += met
        if operation.body or operation.query or operation.path_parameters:
            every += tried(operation, GenerationMode.NEGATIVE, caller, ids)
    print(sum(every.values()), "calls", dict(every))
    assert sum(every.values()) > 500 and every[422] and not any(s >= 500 for s in every)
