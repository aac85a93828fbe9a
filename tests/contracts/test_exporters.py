"""What every registered exporter must do; a new one is checked without an edit here."""

import ast
import json
import re

import pytest
import yaml

from mixpipe.errors import ConfigError
from mixpipe.shards.exporters import EXPORTERS, load_exporter
from mixpipe.shards.exporters.blend import Blend, Phase, Portion
from mixpipe.shards.exporters.protocol import Settings
from mixpipe.shards.exporters.simulate import simulate

every_exporter = pytest.mark.parametrize("name", sorted(EXPORTERS))
SETTINGS = Settings(sequence_length=1024, batch_size=64)
HOSTILE = [
    "it's",
    '"quoted"',
    "white space",
    "new\nline",
    "- no: yes # 1e5",
    "\u2028\u202e\U0001f9ea",
    '"""',
    "\\",
    "a,b",
]


def phase(shares, name="main", share=1.0, tokens=2_000_000_000, names=None):
    """Return domains whose documents are 60 to 7,700 tokens long, and which are read up to four times."""
    portions = []
    for number, weight in enumerate(shares):
        own = round(tokens * weight)
        rows = max(round(own / (60 * 2 ** (number % 8))), 1)
        label = names[number] if names else f"domain {number}"
        portions.append(Portion(f"d{number:03d}", label, weight, own, rows, rows // 2 + 1, own // (1 + number % 4) + 1))
    return Phase(name, share, tuple(portions))


def static(shares, **how):
    only = phase(shares, **how)
    return Blend((only,), only)


def phased():
    first, second = [0.5, 0.3, 0.2], [0.1, 0.2, 0.7]
    whole = [0.7 * a + 0.3 * b for a, b in zip(first, second, strict=True)]
    phases = (
        phase(first, "main", 0.7, 1_400_000_000),
        phase(second, "cool down", 0.3, 600_000_000),
    )
    return Blend(phases, phase(whole, "all"))


BLENDS = {
    "one": static([1.0]),
    "plain": static([0.5, 0.3, 0.2]),
    "uneven": static([0.6, 0.3, 0.09, 0.009, 0.0009, 0.0001]),
    "many": static([2 * (i + 1) / (200 * 201) for i in range(200)]),
    "hostile": static([1 / len(HOSTILE)] * len(HOSTILE), names=HOSTILE),
    "phases": phased(),
}
every_blend = pytest.mark.parametrize("blend", BLENDS.values(), ids=BLENDS)


def parsed(name, text):
    """Read a file as its readers would."""
    if name.endswith(".json"):
        return json.loads(text)
    if name.endswith((".yaml", ".yml")):
        return yaml.safe_load(text)
    if name.endswith(".py"):
        return compile(ast.parse(text), name, "exec")
    return text.split()


@every_exporter
@every_blend
def test_files_are_read_by_what_reads_them(name, blend):
    files = load_exporter(name).files(blend, SETTINGS)
    assert files
    assert all(parsed(file, text) for file, text in files.items())
    assert all(re.fullmatch(r"[a-z0-9_./-]+", file) and not file.startswith("/") for file in files)
    assert all((text.endswith("\n") and text.isascii()) or not file.endswith(".py") for file, text in files.items())


@every_exporter
@every_blend
def test_weights_are_positive_and_sum_to_one_in_the_unit_declared(name, blend):
    exporter = load_exporter(name)
    phases = exporter.about.phases_of(blend)
    written = exporter.read(exporter.files(blend, SETTINGS))
    assert exporter.about.applied == (not written)
    for weights, wanted in zip(written, phases if written else (), strict=True):
        assert all(weight > 0 for weight in weights.values())
        assert sum(weights.values()) == pytest.approx(1, abs=1e-12)
        is_documents = exporter.about.unit(SETTINGS) == "documents"
        shares = wanted.document_shares() if is_documents else wanted.token_shares()
        # whole samples are as near as whole numbers come: a millionth of a run
        assert list(weights.values()) == pytest.approx(shares.tolist(), abs=1e-6)


@every_exporter
@every_blend
@pytest.mark.parametrize("unit", ["documents", "sequences"])
def test_every_domain_is_realised_within_half_a_percent(name, blend, unit):
    exporter = load_exporter(name)
    if unit not in exporter.about.units:
        with pytest.raises(ConfigError, match=unit):
            exporter.files(blend, Settings(unit=unit, batch_size=64))
        return
    settings = Settings(unit=unit, batch_size=64, sequence_length=1024)
    found = simulate(exporter, blend, exporter.files(blend, settings), settings)
    assert found.deviation < 0.005
    for domain, portion in zip(found.domains, blend.whole.portions, strict=True):
        assert domain.realised == pytest.approx(portion.share, abs=0.005)
    assert sum(domain.realised for domain in found.domains) == pytest.approx(1)


@every_exporter
def test_equal_mixtures_give_equal_files_and_equal_draws(name):
    first, second = (load_exporter(name) for _ in range(2))
    files = first.files(BLENDS["uneven"], SETTINGS)
    assert second.files(BLENDS["uneven"], SETTINGS) == files
    assert simulate(first, BLENDS["uneven"], files, SETTINGS) == simulate(second, BLENDS["uneven"], files, SETTINGS)


@every_exporter
def test_names_with_any_character_may_be_places_or_are_refused(name):
    exporter = load_exporter(name)
    if exporter.about.applied:
        return
    named = Settings(sequence_length=1024, location="given/{name}", prefix="s3://bucket/x/")
    for label in HOSTILE:
        blend = static([0.75, 0.25], names=[label, "other"])
        try:
            files = exporter.files(blend, named)
        except ConfigError as error:
            assert "use {id}" in str(error)
            continue
        assert all(parsed(file, text) for file, text in files.items())
        assert list(exporter.read(files)[0]) == [f"s3://bucket/x/given/{label}", "s3://bucket/x/given/other"]


@every_exporter
def test_a_name_never_leads_out_of_the_folder(name):
    exporter = load_exporter(name)
    if exporter.about.applied:
        return
    for label in ("../../etc", "..", "", "a\\b", "a\x00b"):
        with pytest.raises(ConfigError, match=r"use \{id\}"):
            exporter.files(static([0.5, 0.5], names=[label, "b"]), Settings(location="data/{name}"))
    with pytest.raises(ConfigError, match="own for each domain"):
        exporter.files(BLENDS["plain"], Settings(location="data/all"))


@every_exporter
def test_phases_are_told_where_the_trainer_has_them(name):
    exporter, blend = load_exporter(name), BLENDS["phases"]
    files = exporter.files(blend, SETTINGS)
    assert len(exporter.read(files)) == (0 if exporter.about.applied else 2 if exporter.about.phases else 1)
    for one in blend.phases:
        alone = Settings(sequence_length=1024)
        assert len(exporter.read(exporter.files(blend.only(one.name), alone))) == (not exporter.about.applied)
    with pytest.raises(ConfigError, match="'main', 'cool down'"):
        blend.only("warm up")


@every_exporter
def test_what_an_exporter_says_of_itself_is_whole(name):
    about = load_exporter(name).about
    assert about.trainer and about.units and about.rule.name and about.needs
    assert ("{id}" in about.location) != about.applied


def test_an_unknown_trainer_lists_the_known_ones():
    with pytest.raises(ConfigError, match="megatron"):
        load_exporter("tape")
