"""OLMo-core: a `SourceMixtureDatasetConfig` with `target_ratio` of tokens, above 0 and summing to 1.

It counts out tokens and refuses a domain that has fewer than wanted times `max_repetition_ratio`, 1 unless said: the
tokens of a domain's files are those of its rows as written, so 1 with some room for what rounding takes.
`global_batch_size` is in tokens.
"""

from collections.abc import Mapping

from mixpipe.shards.exporters.blend import Blend
from mixpipe.shards.exporters.draws import in_full
from mixpipe.shards.exporters.literals import read_yaml, yaml_text
from mixpipe.shards.exporters.protocol import About, Settings, Weights
from mixpipe.store.fingerprint import Json

__all__ = ["OlmoCore"]

# Where the files hold each document once, what is wanted is `tokens / distinct tokens` of them: the epochs and this.
ROOM = 1.01
BATCH = 512  # sequences, where nothing else is asked for


class OlmoCore:
    """A source mixture."""

    about = About(
        trainer="OLMo-core",
        units=("sequences",),
        rule=in_full,
        location="data/{id}/*.npy",
        needs="token files (.npy without a head) of each domain; the place is a path or a glob",
    )

    def files(self, blend: Blend, settings: Settings) -> dict[str, str]:
        """Return `source_mixture.yaml`."""
        phase, sources = blend.whole, list[Json]()
        for portion, (place, weight) in zip(phase.portions, self.about.weights(phase, settings).items(), strict=True):
            # documents may lie there once or as often as they are read: the more that have to be repeated decides
            repeats = max(1.0, portion.rows / max(portion.documents, 1)) * ROOM
            sources.append(
                {
                    "source_name": portion.id,
                    "target_ratio": weight,
                    "paths": [place],
                    "max_repetition_ratio": repeats,
                }
            )
        batch = (settings.batch_size or BATCH) * settings.sequence_length
        wanted: dict[str, Json] = {"requested_tokens": phase.tokens, "global_batch_size": batch}
        return {"source_mixture.yaml": yaml_text({"source_list": {"sources": sources}, **wanted})}

    def read(self, files: Mapping[str, str]) -> list[Weights]:
        """Return the ratios."""
        sources = read_yaml(files["source_mixture.yaml"])["source_list"]["sources"]
        return [{source["paths"][0]: source["target_ratio"] for source in sources}]
