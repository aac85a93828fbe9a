"""What every registered exporter must do; a new one is checked without an edit here."""

import ast
import json
import re
from dataclasses import replace
from fnmatch import fnmatch

import numpy as np
import pytest
import yaml

from mixpipe.errors import ConfigError
from mixpipe.mixture.given import GivenMixture, GivenPhase
from mixpipe.shards.exporters import EXPORTERS, load_exporter
from mixpipe.shards.exporters.blend import Blend, Phase, Portion
from mixpipe.shards.exporters.draws import in_full
from mixpipe.shards.exporters.protocol import Settings
from mixpipe.shards.exporters.reweighted import reweighted
from mixpipe.shards.exporters.simulate import simulate
from mixpipe.shards.exporters.written import PHASES, read_back, write_blend
from mixpipe.shards.formats import FORMATS
from mixpipe.shards.records import ShardEntry

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
    files = write_blend(load_exporter(name), blend, SETTINGS)
    assert files
    assert all(parsed(file, text) for file, text in files.items())
    assert all(re.fullmatch(r"[a-z0-9_./-]+", file) and not file.startswith("/") for file in files)
    assert all((text.endswith("\n") and text.isascii()) or not file.endswith(".py") for file, text in files.items())


@every_exporter
@every_blend
def test_weights_are_positive_and_sum_to_one_in_the_unit_declared(name, blend):
    exporter = load_exporter(name)
    written = read_back(exporter, write_blend(exporter, blend, SETTINGS), blend)
    for weights, wanted in zip(written, blend.phases, strict=True):
        assert exporter.about.applied == (weights is None)
        if weights is None:
            continue
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
    found = simulate(exporter, blend, write_blend(exporter, blend, settings), settings)
    assert found.deviation < 0.005
    for domain, portion in zip(found.domains, blend.whole.portions, strict=True):
        assert domain.realised == pytest.approx(portion.share, abs=0.005)
    assert sum(domain.realised for domain in found.domains) == pytest.approx(1)
    assert [phase.name for phase in found.phases] == [phase.name for phase in blend.phases]


@every_exporter
@every_blend
def test_budgets_are_met_to_a_draw_where_the_trainer_draws_no_lots(name, blend):
    exporter = load_exporter(name)
    rule = in_full if exporter.about.applied else exporter.about.rule
    if not np.isfinite(rule.within):
        return
    found = simulate(exporter, blend, write_blend(exporter, blend, SETTINGS), SETTINGS)
    for outlook, one in zip(found.phases, blend.phases, strict=True):
        assert outlook.draws == outlook.planned
        for domain, portion in zip(outlook.domains, one.portions, strict=True):
            draw = portion.tokens_per_document if found.unit == "documents" else SETTINGS.sequence_length
            short = domain.epochs * portion.available_tokens - portion.share * one.tokens
            assert abs(short) <= rule.within * draw + SETTINGS.sequence_length


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
def test_phases_are_told_or_have_files_each(name):
    exporter, blend = load_exporter(name), BLENDS["phases"]
    files = write_blend(exporter, blend, SETTINGS)
    assert len(read_back(exporter, files, blend)) == 2
    for one in blend.phases:
        alone = Settings(sequence_length=1024)
        assert len(exporter.read(exporter.files(blend.only(one.name), alone))) == (not exporter.about.applied)
    with pytest.raises(ConfigError, match="'main', 'cool down'"):
        blend.only("warm up")
    if exporter.about.phases:
        assert PHASES not in files
        return
    told = json.loads(files[PHASES])["phases"]
    assert [run["name"] for run in told] == ["main", "cool down"]
    assert [run["first_step"] for run in told] == [0, round(1_400_000_000 / 1024 / 64)]
    for run, one in zip(told, blend.phases, strict=True):
        own = {
            file.removeprefix(f"{run['files']}/"): text for file, text in files.items() if file.startswith(run["files"])
        }
        assert own == exporter.files(blend.only(one.name), SETTINGS)


@every_exporter
def test_each_phases_shards_lie_in_its_folder(name):
    exporter, blend = load_exporter(name), BLENDS["phases"]
    laid = tuple(replace(one, folder=f"data/phase-{number}") for number, one in enumerate(blend.phases, start=1))
    files = write_blend(exporter, replace(blend, phases=laid), SETTINGS)
    text = "".join(files.values())
    assert "data/phase-1/" in text and "data/phase-2/" in text and "{" + "folder}" not in text
    for weights, one in zip(read_back(exporter, files, replace(blend, phases=laid)), laid, strict=True):
        assert all(place.startswith(f"{one.folder}/") for place in weights or ())


@every_exporter
def test_all_shards_of_a_domain_are_told(name):
    exporter, shards = load_exporter(name), 3
    if exporter.about.applied:
        return
    only = phase([0.75, 0.25])
    portions = tuple(replace(portion, shards=tuple(sharded(portion, shards))) for portion in only.portions)
    blend = static([0.75, 0.25])
    blend = replace(blend, whole=replace(only, portions=portions), phases=(replace(only, portions=portions),))
    files = write_blend(exporter, blend, SETTINGS)
    (weights,) = exporter.read(files)
    for portion, share in zip(portions, [0.75, 0.25], strict=True):
        mine = {place: weight for place, weight in weights.items() if portion.id in place}
        found = [name for name in (path_of(entry) for entry in portion.shards) if any(covers(p, name) for p in mine)]
        assert len(found) == shards
        if exporter.about.unit(SETTINGS) == "sequences":
            assert sum(mine.values()) == pytest.approx(share, abs=1e-6)
    assert simulate(exporter, blend, files, SETTINGS).deviation < 0.005


def sharded(portion, count):
    """Return uneven shards that hold a portion."""
    parts = [2 * (number + 1) / (count * (count + 1)) for number in range(count)]
    for number, part in enumerate(parts):
        path = f"data/{portion.id}/train-{number:05d}-of-{count:05d}.x"
        rows, tokens = round(portion.rows * part), round(portion.tokens * part)
        yield ShardEntry(path=path, rows=rows, tokens=tokens, first_id="a", last_id="b")


def path_of(entry):
    return entry.path.removesuffix(".x")


def covers(place, shard):
    """Tell whether a place is a shard, its folder, or a pattern of it, with any ending."""
    pattern = re.sub(r"\{\d+\.\.\d+\}", "*", place)
    head = re.sub(r"\.[a-z.]+$", "", pattern)
    return fnmatch(shard, head) or shard.startswith(f"{place}/")


@every_exporter
def test_shards_by_domain_take_another_mixture(name):
    exporter, blend = load_exporter(name), BLENDS["plain"]
    given = GivenMixture((GivenPhase("main", 1.0, {"domain 0": 0.1, "domain 1": 0.0, "domain 2": 0.9}),), {})
    if exporter.about.applied:
        with pytest.raises(ConfigError, match="have the mixture in them"):
            reweighted(replace(blend, layout="mixed"), given)
        return
    found = reweighted(replace(blend, layout="by-domain"), given)
    outlook = simulate(exporter, found, write_blend(exporter, found, SETTINGS), SETTINGS)
    assert [domain.id for domain in outlook.domains] == ["d000", "d002"]
    assert [domain.realised for domain in outlook.domains] == pytest.approx([0.1, 0.9], abs=0.005)
    assert found.left_out == ("domain 1",)


@every_exporter
def test_what_an_exporter_says_of_itself_is_whole(name):
    about = load_exporter(name).about
    assert about.trainer and about.units and about.rule.name and about.needs
    assert ("{id}" in about.location) != about.applied
    assert "{folder}" in about.location
    assert about.formats and {*about.formats} <= {*FORMATS}


def test_an_unknown_trainer_lists_the_known_ones():
    with pytest.raises(ConfigError, match="megatron"):
        load_exporter("tape")
