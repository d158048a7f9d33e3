"""The log's newest signed head, for everybody: whoever keeps it can show later that nothing before it was changed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from lianfang.domains.audit.planning import head_of_row
from lianfang.domains.audit.queries import last_head
from lianfang.domains.audit.rules import head_text
from lianfang.web.door import page


def head(request: HttpRequest) -> HttpResponse:
    """The newest signed head with what it is for; nothing in it is about a person."""
    row = last_head()
    return page(request, "log_head.html", {"head": head_of_row(row) if row else None})


def head_json(request: HttpRequest) -> HttpResponse:
    """The same as a file for `lianfang verify-log --head`; 404 as long as nothing is signed."""
    row = last_head()
    answer = HttpResponse(head_text(head_of_row(row)) + "\n" if row else "{}\n", content_type="application/json")
    answer.status_code = 200 if row else 404
    return answer
