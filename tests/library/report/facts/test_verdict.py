from mixpipe.report.facts.verdict import read_verdict


def test_the_winner_comes_first_and_controls_keep_their_order(artefacts):
    verdict = read_verdict(artefacts)
    assert verdict.arms[0].name == "winner"
    assert list(verdict.objective) == ["natural", "uniform", "unimax", "best-random"]
    assert [row.measure for row in verdict.targets["natural"]] == ["medicine", "code", "law", "tech_docs"]


def test_an_arm_without_losses_has_none(edited):
    def fail(found):
        found["arms"]["uniform"] |= {"objective": None, "bits": None, "losses": None}
        return found

    arms = {arm.name: arm for arm in read_verdict(edited("search", "verdict.json", fail)).arms}
    assert (arms["uniform"].objective, arms["uniform"].losses) == (None, {})


def test_without_a_search_there_is_none(given):
    assert read_verdict({}) is None
    assert read_verdict(given) is None
