"""What Prometheus is told, and by whom it can be asked."""

import re
import socket
import urllib.request
from pathlib import Path

import pytest

from dialerd.domain.errors import Unavailable
from dialerd.ops.metrics import Metrics

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def asked(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return answer.read().decode()


def used():
    metrics = Metrics()
    metrics.calls.labels("sales", "busy").inc()
    for gauge in (metrics.open_calls, metrics.pace_target, metrics.pace_achieved, metrics.hopper_depth):
        gauge.labels("sales").set(2)
    metrics.ami_connected.set(1)
    metrics.ami_events.labels("ChannelGone").inc()
    metrics.ami_failures.labels("timeout").inc()
    metrics.agi_failures.labels("silent").inc()
    metrics.scheduler_events.labels("missed").inc()
    metrics.agi_seconds.labels("route").observe(0.01)
    for histogram in (metrics.claim_seconds, metrics.commit_seconds, metrics.commit_group_size):
        histogram.observe(0.01)
    metrics.ami_send_seconds.observe(0.01)
    return metrics


def test_the_numbers_can_be_asked_for_until_the_page_is_closed(port):
    with used().serve("127.0.0.1", port):
        page = asked(port)
    assert 'dialerd_calls_total{campaign="sales",disposition="busy"} 1.0' in page
    assert 'dialerd_pace_target{campaign="sales"} 2.0' in page
    assert "dialerd_build_info{version=" in page
    with pytest.raises(OSError, match="refused"):
        asked(port)


def test_two_processes_worth_of_metrics_live_in_one_test(port):
    used()
    with Metrics().serve("127.0.0.1", port):
        assert 'campaign="sales"' not in asked(port)


def test_every_name_begins_with_ours_and_no_label_can_be_a_person():
    for family in used().registry.collect():
        assert family.name.startswith("dialerd_")
        for sample in family.samples:
            assert set(sample.labels) <= {"campaign", "disposition", "event", "kind", "script", "le", "version"}


def test_every_metric_is_in_the_documentation():
    page = PAGE.read_text()
    for family in used().registry.collect():
        if not family.name.startswith("dialerd_process_"):
            name = family.name + {"counter": "_total", "info": "_info"}.get(family.type, "")
            assert re.search(rf"^\| `{name}` ", page, re.MULTILINE), name


def test_the_gauges_of_a_campaign_that_is_gone_are_forgotten_and_its_count_stays():
    metrics = used()
    metrics.forget_campaign("sales")
    metrics.forget_campaign("never seen")
    left = {family.name for family in metrics.registry.collect() for s in family.samples if "campaign" in s.labels}
    assert left == {"dialerd_calls"}


def test_port_0_means_no_page():
    assert Metrics().serve("127.0.0.1", 0) is None


def test_a_port_in_use_is_one_clear_line(port):
    with Metrics().serve("127.0.0.1", port), pytest.raises(Unavailable) as refused:
        Metrics().serve("127.0.0.1", port)
    line = str(refused.value)
    assert line.startswith(f"metrics on 127.0.0.1:{port}: cannot listen: Address already in use")
    assert "metrics_port" in line
    assert "\n" not in line
