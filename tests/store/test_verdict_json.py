"""Verdicts as they are stored: what is written is read again, and what older releases wrote as well."""

from monitor.core.model import Doctype
from monitor.store.rows import verdict_from_json, verdict_to_json
from tests.builders import a_verdict


def test_the_kind_of_document_is_kept() -> None:
    verdict = a_verdict(doctype=Doctype.ENFORCEMENT)
    assert verdict_from_json(verdict_to_json(verdict)).doctype is Doctype.ENFORCEMENT


def test_a_verdict_from_before_kinds_were_told_still_loads() -> None:
    kept = verdict_to_json(a_verdict())
    del kept["doctype"]
    assert verdict_from_json(kept).doctype is Doctype.OTHER
