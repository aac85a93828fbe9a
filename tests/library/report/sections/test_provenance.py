from mixpipe.report.blocks import Source
from mixpipe.report.sections.provenance import provenance_section


def test_every_stage_has_a_row_with_its_fingerprint(artefacts):
    table = provenance_section(artefacts, "run").blocks[0]
    assert [row[0].text for row in table.rows] == list(artefacts)
    assert [row[1].text for row in table.rows] == [artefact.fingerprint[:12] for artefact in artefacts.values()]


def test_the_command_quotes_the_runs_name(artefacts):
    command = next(block for block in provenance_section(artefacts, "a b; rm").blocks if isinstance(block, Source))
    assert "--name 'a b; rm'" in command.text


def test_the_configuration_is_yaml_by_stage(artefacts):
    *_, configuration = provenance_section(artefacts, "run").blocks
    assert "search:\n" in configuration.text
    assert "  max_epochs: 4.0" in configuration.text


def test_links_to_the_shards_appear_with_them(artefacts):
    def links(run):
        return [
            row[0].link for block in provenance_section(run, "run").blocks[1:2] for row in getattr(block, "rows", ())
        ]

    assert links(artefacts) == ["train/", "mixture.json", "config.yaml", "run.json"]
    assert links({"ingest": artefacts["ingest"]}) == []
