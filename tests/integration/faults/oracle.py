# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Holds what a module said against what the site saw: seven things that are to be so whatever went wrong."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from ansible_collections.qlikops.sense.tests.integration import simulated
from ansible_collections.qlikops.sense.tests.integration.faults.row import Row
from ansible_collections.qlikops.sense.tests.integration.faults.site import Site
from ansible_collections.qlikops.sense.tests.integration.modules.running import Run, key_secrets

OUTCOMES = ("ended", "already_gone", "failed", "would_end")
PERHAPS = "may have been ended"
LONGEST_MESSAGE = 6000
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
SHORTEST_SECRET = 8  # a shorter one is a part of many a word


def assert_all(row: Row, run: Run, site: Site, site_info: simulated.SiteInfo, seconds: float) -> None:
    """The seven things."""
    assert_no_traceback(run)
    assert_right_failed(row, run)
    assert_accounted_for(row, run, site)
    assert_nothing_else_ended(row, site)
    assert_told(row, run)
    assert_no_secret(run, site, site_info)
    assert seconds < row.seconds, f"it took {seconds:.1f} seconds"


def assert_no_traceback(run: Run) -> None:
    assert "Traceback" not in run.output
    assert "fault of the collection" not in run.message, run.message
    # Ansible itself repeats the options, among them what is no number.
    json.dumps({name: value for name, value in run.result.items() if name != "invocation"}, allow_nan=False)


def assert_right_failed(row: Row, run: Run) -> None:
    assert run.failed == bool(row.kind), run.message or run.result
    assert bool(run.result.get("failed", False)) == bool(row.kind)
    if row.kind:
        assert "failure" in run.result, run.message
        assert run.failure["kind"] == row.kind, run.message
    refused = row.kind in ("refused", "bad_option")
    if not row.gone:
        assert run.result.get("changed", False) == (bool(row.ended or row.would_end) and not refused)


def assert_accounted_for(row: Row, run: Run, site: Site) -> None:
    """Every session that is meant has its outcome, and the site agrees."""
    labels = {site.ref(session): session.label for session in site.before}
    sessions = run.result.get("sessions", [])
    said = {outcome: sorted(labels[s["ref"]] for s in sessions if s["outcome"] == outcome) for outcome in OUTCOMES}
    either = set(row.gone.split())
    wanted = {outcome: sorted(getattr(row, outcome).split()) for outcome in OUTCOMES}
    assert {outcome: sorted(set(said[outcome]) - either) for outcome in OUTCOMES} == wanted, f"{said} {run.message}"
    assert either <= {*said["ended"], *said["already_gone"]}, run.message
    assert len({session["ref"] for session in sessions}) == len(sessions)
    assert sorted(labels[kept["ref"]] for kept in run.result.get("kept", [])) == sorted(row.kept.split())
    assert all(kept["reason"] for kept in run.result.get("kept", []))
    assert tuple(run.result.get("not_found", ())) == row.not_found
    for session in sessions:
        label, outcome, reason = labels[session["ref"]], session["outcome"], session["outcome_reason"]
        assert bool(reason) == (outcome == "failed"), session
        if outcome == "ended":
            assert label in site.to_be_ended
        if PERHAPS not in reason:
            assert (label in site.gone) == (outcome in ("ended", "already_gone")), session
    if sessions:
        counts = Counter(session["outcome"] for session in sessions)
        assert {outcome: counts[outcome] for outcome in OUTCOMES} == {
            outcome: run.result["summary"][outcome] for outcome in OUTCOMES
        }
        assert run.result["summary"]["sessions"] == len(sessions)


def assert_nothing_else_ended(row: Row, site: Site) -> None:
    meant = set(f"{row.ended} {row.already_gone} {row.gone} {row.failed}".split())
    asked = site.to_be_ended
    assert set(asked) <= meant
    assert site.gone <= meant
    assert row.most_deletes is None or len(asked) <= row.most_deletes, asked
    assert row.strays or not site.strays


def assert_told(row: Row, run: Run) -> None:
    """What, where and what to do."""
    warnings = " ".join(_warnings(run))
    assert bool(row.warns) == bool(warnings), warnings
    assert re.search(row.warns, warnings), warnings
    for failure in run.result.get("failures", []):
        assert re.search(r"\w", failure["reason"])
        assert re.search(r"\w", failure["hint"]), failure
    if not row.kind:
        return
    kind, reason, hint = (run.failure[part] for part in ("kind", "reason", "hint"))
    assert re.search(row.says, reason), reason
    assert re.search(row.hint, f"{reason} {hint}" if kind in ("refused", "not_ended") else hint), run.failure
    assert re.search(r"^\w+(\[\d+\][.\w]*)?: " if kind == "bad_option" and row.where else row.where, reason), reason
    if "request" in run.failure:
        assert reason.startswith(run.failure["request"])
    assert reason in run.message
    assert hint in run.message
    assert len(run.message) <= LONGEST_MESSAGE, len(run.message)
    assert not UNPRINTABLE.search(run.message), ascii(run.message)


def _warnings(run: Run) -> Iterable[str]:
    for warning in run.result.get("warnings", []):
        yield json.dumps(warning) if isinstance(warning, dict) else str(warning)


def assert_no_secret(run: Run, site: Site, site_info: simulated.SiteInfo) -> None:
    """Neither as it is nor in the spellings that servers and URLs give it."""
    output = "\n".join(_texts(json.loads(run.output))).lower().replace("\0", "")
    for session in site.before:
        for spelling in _spellings(session.id):
            assert spelling not in output, f"the id of {session.label} is in ...{output.partition(spelling)[0][-300:]}"
    for secret in [*site.keys, *key_secrets(site_info)]:
        assert secret.lower() not in output, f"...{output.partition(secret.lower())[0][-300:]}"


def _spellings(session_id: str) -> set[str]:
    known = session_id.lower()
    spellings = {known, quote(known, safe="", errors="surrogatepass").lower(), known.replace("-", "")}
    return {spelling for spelling in spellings if len(spelling) >= SHORTEST_SECRET}


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        for name, entry in value.items():
            yield str(name)
            yield from _texts(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _texts(entry)
    else:
        yield str(value)
