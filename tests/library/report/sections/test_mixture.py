import pytest

from mixpipe.report.facts.mixture import read_mixture
from mixpipe.report.numbers import compact
from mixpipe.report.sections.mixture import mixture_section


def test_domains_held_at_their_cap_are_marked_and_counted(artefacts, edited):
    found = edited("plan", "plan.json", lambda plan: cap_first(plan))
    section = mixture_section(found)
    table = section.blocks[1]
    assert "1 of 12 domains" in section.lead
    assert [row[0].text for row in table.rows if row[5].tone == "bad"] == ["medical-patients-disease"]
    assert "no domain is held" in mixture_section(artefacts).lead


def test_what_repetition_costs_is_said(artefacts):
    portions = read_mixture(artefacts).portions
    section = mixture_section(artefacts)
    worth = sum(portion.effective_tokens for portion in portions)
    assert f"worth {compact(worth)} fresh tokens" in section.lead
    assert [row[6].text for row in section.blocks[1].rows] == [compact(p.effective_tokens) for p in portions]


def test_shares_before_and_after_stand_side_by_side(artefacts, edited):
    """A plan by documents (perplexity bands, SampleMix) has its own shares: half of the first, twice the last."""

    def moved(plan):
        plan["domains"][0]["weight"] /= 2
        plan["domains"][-1]["weight"] *= 2
        return plan

    changed = edited("plan", "plan.json", moved)
    before, after = (read_mixture(found).portions for found in (artefacts, changed))
    rows = mixture_section(changed).blocks[1].rows
    assert [row[1].sort for row in rows] == [portion.domain.share for portion in before]
    assert [row[2].sort for row in rows] == [portion.weight for portion in after]
    assert rows[0][2].sort == before[0].weight / 2 and rows[-1][2].sort == before[-1].weight * 2
    assert rows[0][3].sort == pytest.approx(before[0].weight / before[0].domain.share / 2)


def cap_first(plan):
    """Leave the first domain so few tokens that its share is above what the cap allows."""
    plan["domains"][0]["available_tokens"] = 10
    return plan


def test_a_given_mixture_is_said_to_be_given(given):
    assert "given" in mixture_section(given).blocks[0].text


def test_searched_strata_are_shown(artefacts, edited):
    def thirds(mixture):
        return {**mixture, "strata": [[w / 2, w / 4, w / 8, w / 8] for w in mixture["weights"]]}

    table = mixture_section(edited("search", "mixture.json", thirds)).blocks[2]
    assert [column.title for column in table.columns] == ["domain", "worst", "2", "3", "best"]
    assert [cell.sort for cell in table.rows[0][1:]] == [0.5, 0.25, 0.125, 0.125]
    assert "a share for each 25" in table.caption
    assert len(mixture_section(artefacts).blocks) == 3


def test_before_the_search_there_is_no_section():
    assert mixture_section({}) is None


def test_phases_stand_side_by_side_and_a_single_one_is_not_shown(artefacts, edited):
    *_, table = mixture_section(artefacts).blocks
    assert [column.title[:7] for column in table.columns[1::2]] == ["warm-up", "end, 25"]
    assert [column.title for column in table.columns[2::2]] == ["epochs in warm-up", "epochs in end"]
    assert "41 documents in more than one" in table.caption
    assert [cell.text for cell in table.rows[-1][1::2]] == ["0\N{NO-BREAK SPACE}%"] * 2
    alone = edited("plan", "mixture.json", lambda found: {"phases": found["phases"][:1]})
    assert len(mixture_section(alone).blocks) == len(mixture_section(artefacts).blocks) - 1
