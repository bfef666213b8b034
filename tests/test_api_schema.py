"""The whole OpenAPI document under schemathesis: no 5xx, no answer that breaks its schema."""

from __future__ import annotations

import os
import tempfile

import pytest

schemathesis = pytest.importorskip("schemathesis")

from hypothesis import HealthCheck, settings  # noqa: E402
from schemathesis import checks  # noqa: E402

from landed.doors.api.app import create_app  # noqa: E402
from landed.doors.api.settings import Settings  # noqa: E402

EXAMPLES = int(os.environ.get("LANDED_SCHEMA_EXAMPLES", "15"))  # of each operation
# Operations that would fetch from elsewhere or rebuild the schedule are asked with bad input elsewhere (test_api.py).
SKIPPED = ("data_pull", "data_build")


@pytest.fixture(scope="module", autouse=True)
def site() -> object:
    before = os.environ.get("LANDED_DATA")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LANDED_DATA"] = folder
        yield
        from landed.store.database import forget_stores

        forget_stores()
        if before is None:
            del os.environ["LANDED_DATA"]
        else:
            os.environ["LANDED_DATA"] = before


schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(Settings(run_jobs=False, hosts=("testserver",)))).exclude(operation_id=list(SKIPPED))


@schema.parametrize()
@settings(max_examples=EXAMPLES, derandomize="LANDED_SCHEMA_EXAMPLES" not in os.environ, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_in_the_document(case: object) -> None:
    case.call_and_validate(  # type: ignore[attr-defined]
        checks=[
            checks.not_a_server_error,
            checks.CHECKS.get_one("status_code_conformance"),
            checks.CHECKS.get_one("content_type_conformance"),
            checks.CHECKS.get_one("response_schema_conformance"),
            checks.CHECKS.get_one("response_headers_conformance"),
        ]
    )
