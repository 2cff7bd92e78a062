"""A worker whose life ended leaves no sign of it: the next life has another name, and nobody counts two."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from schools.running import worker
from schools.running.worker import LastingWorker


def test_a_sign_that_is_late_comes_before_it_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, begun, forgotten = list[str](), threading.Event(), threading.Event()

    def beat_late(*_: Any, **__: Any) -> None:
        if threading.current_thread() is not threading.main_thread():
            begun.set()
            forgotten.wait(0.5)
            calls.append("beat")

    def forget(_: str) -> None:
        calls.append("forget")
        forgotten.set()

    monkeypatch.setattr(worker, "BEAT", 0.0)
    monkeypatch.setattr(worker, "beat", beat_late)
    monkeypatch.setattr(worker, "forget", forget)
    with LastingWorker("heavy", clock=timezone.now)._living():
        assert begun.wait(30)
        beating = [thread for thread in threading.enumerate() if thread.name == "signs-of-life"]
    for thread in beating:
        thread.join()
    assert calls[-2:] == ["beat", "forget"]


def test_where_the_database_was_lost_a_new_connection_takes_the_sign_back(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = list[str]()
    monkeypatch.setattr(worker, "beat", lambda *_, **__: None)
    monkeypatch.setattr(worker, "forget", lambda _: calls.append("forget"))
    monkeypatch.setattr(worker, "connections", SimpleNamespace(close_all=lambda: calls.append("closed")))
    with pytest.raises(OperationalError), LastingWorker("heavy", clock=timezone.now)._living():
        raise OperationalError
    assert calls == ["closed", "forget"]
