import json

from mixpipe.shards.recorded import by_id, domain_problems, mixture_problems
from mixpipe.shards.records import DomainEntry, mixture_digest


def write(path, shares, digest=None):
    phases = [{"name": "early", "domains": [{"id": name, "weight": share} for name, share in shares.items()]}]
    record = {"phases": phases}
    path.write_text(json.dumps({**record, "digest": digest or mixture_digest(record)}))
    return path


def test_domains_are_compared_whether_recorded_or_counted():
    recorded = [DomainEntry(id="d000", rows=2, written_tokens=30), DomainEntry(id="d001", rows=1, written_tokens=5)]
    assert list(domain_problems("x", recorded, {0: (2, 30), 1: (1, 5)})) == []
    assert list(domain_problems("x", recorded, {0: (2, 31), 2: (1, 5)})) == [
        "x: d000 has 2 rows of 30 tokens, the shards hold 2 rows of 31 tokens",
        "x: d001 has 1 rows of 5 tokens, the shards hold 0 rows of 0 tokens",
        "x: d002 has 0 rows of 0 tokens, the shards hold 1 rows of 5 tokens",
    ]


def test_weights_are_compared_in_a_phase_and_the_digest_once(tmp_path):
    path = write(tmp_path / "mixture.json", {"d000": 0.75, "d001": 0.25})
    found = by_id({0: 0.75, 1: 0.25})
    assert list(mixture_problems(path, "m", None, found)) == list(mixture_problems(path, "m", 0, found)) == []
    assert list(mixture_problems(path, "m", 0, by_id({0: 1.0}))) == [
        "m: the weight of d000 is 0.75, the shards hold 1",
        "m: the weight of d001 is 0.25, the shards hold 0",
    ]
    write(path, {"d000": 0.75, "d001": 0.25}, digest="sha256:other")
    assert list(mixture_problems(path, "m", None, found)) == ["m: its digest is not that of its content"]
    assert list(mixture_problems(path, "m", 0, found)) == []


def test_a_record_that_lacks_the_phase_is_a_problem_and_no_error(tmp_path):
    path = write(tmp_path / "mixture.json", {"d000": 1.0})
    (line,) = mixture_problems(path, "m", 1, {"d000": 1.0})
    assert line.startswith("m: unreadable")
    (line,) = mixture_problems(tmp_path / "none.json", "m", None, {})
    assert line.startswith("m: unreadable")
