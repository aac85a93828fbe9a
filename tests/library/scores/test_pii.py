"""Each kind is counted in its strict forms; numbers that look like it are not."""

import pytest

from mixpipe.scores.pii import PII


def counts(make_batch, text):
    pii = PII({})
    values = dict(zip(pii.columns, pii.score(make_batch([text]))[0].tolist(), strict=True))
    return {name.removeprefix("pii_"): n for name, n in values.items() if n and name != "pii_rule"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to anna.lee+news@mail.example.org, or bob@b-c.de.", {"emails": 2}),
        ("call +44 20 7946 0958 or (555) 123-4567 or 555-123-4567", {"phones": 3}),
        ("from 8.8.8.8 to 93.184.216.34:80", {"addresses": 2}),
        ("card 4111 1111 1111 1111, 4111-1111-1111-1111 or 4111111111111111", {"cards": 3}),
        ("card 3782 822463 10005", {"cards": 1}),
        ("pay to DE89 3704 0044 0532 0130 00 or GB82WEST12345698765432", {"ibans": 2}),
    ],
)
def test_is_counted(make_batch, text, expected):
    assert counts(make_batch, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@ a@ @b a@b user@localhost .@example.org",
        "on 1987-01-02 at 10:15, from 1914-1918, 3.14159265, 1 000 000 000",
        "127.0.0.1, 10.1.2.3, 192.168.0.1, 999.1.1.1, version 1.2.3.4.5",
        "4111 1111 1111 1112 and 4111111111111112 and 1234567890123",
        "DE88 3704 0044 0532 0130 00 and AB12 CDEF",
        "ISBN 978-3-16-148410-0",
        "((((((((((((((",
    ],
)
def test_is_not_counted(make_batch, text):
    assert counts(make_batch, text) == {}


def test_the_first_kind_found_is_the_rule(make_batch):
    pii = PII({})
    scored = pii.score(make_batch(["none", "a@b.org 8.8.8.8", "8.8.8.8"]))
    assert [pii.rules[int(n) - 1].name if n else None for n in scored[:, -1]] == [None, "email", "address"]
