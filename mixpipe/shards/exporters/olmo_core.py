"""OLMo-core: a `SourceMixtureDatasetConfig` with `target_ratio` of tokens, above 0 and summing to 1.

It counts out tokens and refuses a domain that has fewer than wanted times `max_repetition_ratio`, 1 unless said: the
tokens of a domain's files are those of its rows as written, so 1 with some room for what rounding takes.
`global_batch_size` is in tokens, and what the last batch lacks is taken evenly from all files, whatever the ratios
(3.0): whole batches are asked for. A run of phases is a run after another.
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
        location="{folder}/{id}/*.npy",
        needs="token files (.npy without a head) of each domain; the place is a path or a glob",
        formats=("olmo",),
    )

    def files(self, blend: Blend, settings: Settings) -> dict[str, str]:
        """Return `source_mixture.yaml`."""
        phase, sources = blend.whole, list[Json]()
        for place, weight in zip(
            self.about.places(phase, settings), self.about.weights(phase, settings).values(), strict=True
        ):
            # documents may lie there once or as often as they are read: the more that have to be repeated decides
            once = min(place.portion.documents, place.portion.held)
            repeats = max(1.0, place.portion.rows / max(once, 1)) * ROOM
            named: dict[str, Json] = {"source_name": place.key, "target_ratio": weight, "paths": [place.path]}
            sources.append({**named, "max_repetition_ratio": repeats})
        batch = (settings.batch_size or BATCH) * settings.sequence_length
        whole = max(phase.tokens // batch, 1) * batch if phase.tokens >= batch else phase.tokens
        wanted: dict[str, Json] = {"requested_tokens": whole, "global_batch_size": batch}
        return {"source_mixture.yaml": yaml_text({"source_list": {"sources": sources}, **wanted})}

    def read(self, files: Mapping[str, str]) -> list[Weights]:
        """Return the ratios."""
        sources = read_yaml(files["source_mixture.yaml"])["source_list"]["sources"]
        return [{source["paths"][0]: source["target_ratio"] for source in sources}]
