"""`qarnot-job doctor`: which settings apply, where they come from, and how the cluster is."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from qarnot_domain import __version__
from qarnot_domain.config import origins, proxy_of

from .driving import Ran, Shell


def findings(ran: Ran) -> dict[str, dict[str, Any]]:
    """What was found, by name."""
    return {finding["name"]: finding for finding in ran.json}


def test_says_what_applies_and_from_where(shell: Shell) -> None:
    """Version, settings with their origins, and the answer of the cluster; the token is hidden."""
    ran = shell("doctor", "-o", "json", "--cluster-timeout", "9")
    assert ran.code == 0
    found = findings(ran)
    assert found["qarnot-domain"]["value"] == __version__
    assert found["client_token"]["value"] == "[redacted]"
    assert found["client_token"]["origin"] == "environment QARNOT_CLIENT_TOKEN"
    assert found["cluster_url"]["value"] == shell.cloud.url
    assert (found["cluster_timeout"]["value"], found["cluster_timeout"]["origin"]) == (
        "9 s",
        "argument",
    )
    assert found["cluster_unsafe"]["origin"] == "default"
    assert found["cluster"]["value"].startswith("answers, at first in ")
    # The emulator's clock stands where it began.
    assert "the server's" in found["clock"]["value"]
    assert shell.cloud.token not in ran.out + ran.err
    assert shell.sent() == ["retrieveUserInfo"] * 2


def test_python_m_is_the_same(
    shell: Shell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`python -m qarnot_domain` is `qarnot-job doctor`."""
    monkeypatch.setattr(sys, "argv", ["qarnot_domain", "-o", "jsonl"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_module("qarnot_domain", run_name="__main__")
    assert stop.value.code == 0
    assert '"cluster_url"' in capsys.readouterr().out


def test_cluster_that_does_not_answer_is_code_5(shell: Shell) -> None:
    """All that is known is shown before, and the reason is said once, without retries."""
    ran = shell("doctor", "--cluster-url", "http://127.0.0.1:9")
    assert ran.code == 5
    assert "cluster_url" in ran.out
    assert "PROBLEM" in ran.out
    assert ran.err.startswith("Error: retrieveUserInfo: no connection")


def test_token_that_is_not_accepted_is_code_3(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's word for it."""
    monkeypatch.setenv("QARNOT_CLIENT_TOKEN", "another")
    assert shell("doctor").code == 3


def test_missing_token_is_told_beside_the_rest(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sent then, and the other settings are shown."""
    monkeypatch.delenv("QARNOT_CLIENT_TOKEN")
    ran = shell("doctor")
    assert (ran.code, shell.cloud.requests) == (2, [])
    assert shell.cloud.url in ran.out
    assert "Error: no token is given" in ran.err


def test_setting_that_cannot_be_is_named(shell: Shell) -> None:
    """As anywhere else."""
    ran = shell("doctor", "--cluster-url", "ftp://x")
    assert (ran.code, "cluster_url must look like" in ran.err) == (2, True)


def test_origins_follow_the_order_of_sources(tmp_path: Path) -> None:
    """Argument, file, environment, default: the first that gives a setting."""
    path = tmp_path / "qarnot.ini"
    path.write_text("[cluster]\nurl = https://file.test\nunsafe = no\n", encoding="utf-8")
    environ = {"QARNOT_CLUSTER_URL": "https://x.test", "QARNOT_CLUSTER_TIMEOUT": "3"}
    assert origins(path, ["cluster_unsafe"], environ=environ) == {
        "client_token": "default",
        "cluster_url": f"file {path}",
        "cluster_unsafe": "argument",
        "cluster_timeout": "environment QARNOT_CLUSTER_TIMEOUT",
        "cluster_custom_certificate": "default",
    }
    assert origins({"client_token": "t"}, environ={})["client_token"] == "the mapping"


def test_proxy_is_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its password, and none for what is on this machine or excepted."""
    monkeypatch.setenv("HTTPS_PROXY", "http://user:password@proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "near.test")
    assert proxy_of("https://api.test") == "proxy.test:3128"
    assert proxy_of("https://near.test") is None
    assert proxy_of("http://127.0.0.1:8080") is None
    assert proxy_of("http://far.test") is None
