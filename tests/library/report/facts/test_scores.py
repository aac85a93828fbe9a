from mixpipe.report.facts.scores import read_scores


def test_every_column_has_a_mean_and_a_histogram_per_domain(artefacts):
    scores = read_scores(artefacts)
    assert {"classifier", "quality"} <= set(scores)
    for score in scores.values():
        assert score.means.shape == (12,)
        assert score.counts.shape == (12, len(score.edges) - 1)


def test_before_scores_there_is_nothing():
    assert read_scores({}) == {}
