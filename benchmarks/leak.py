"""How much planted leakage the scorer `leak` finds, and how many clean documents it flags.

200 documents of the shared targets are planted in the corpus's own documents: verbatim, re-cased, re-wrapped and cut to
a contiguous third or half, alone and inside a clean document. Targets shorter than the shortest item that can be found
are counted apart. The whole corpus, which holds none of them by construction, is then searched: what is flagged there
is listed by set, for quotations are true overlaps.

As many documents of each kind are made that share something with a target and are none: one headed by a target's first
twelve words (`title`), one with 25 words of a long target in quotation marks (`quote`), and one under a notice of sixty
words that also heads 50 targets (`boilerplate`). The scorer is fitted on a sample in which plants and these lie as in
the corpus, so its guards against what is frequent see all of them.

    python -m benchmarks.leak [--corpus DIR] [--planted 200] [--seed 0]
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from benchmarks.pipeline import SHARED
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.held_out_ngrams import FEWEST_WORDS, WORD
from mixpipe.scores.leak import Leak
from mixpipe.scores.protocol import Batch, Evaluations, Sample
from mixpipe.store.fingerprint import text_id

SAMPLED = 20_000
EXAMPLES = 3
HEADED = 50  # targets under the notice
TITLE, QUOTE, NOTICE = 12, 25, 60  # words
LONG_TARGET, LONG_HOST = 250, 100  # words: a quotation is a tenth of its source, and less than half of a document


def measure(corpus: Path, *, planted: int, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    documents = [text for texts in parts(corpus) for text in texts]
    long = [text for text in drawn(documents, len(documents), rng) if len(text.split()) >= LONG_HOST]
    notice = " ".join(long.pop().split()[:NOTICE])
    targets = headed(held_out(), notice, rng)
    chosen, hosts = drawn(targets.texts, planted, rng), drawn(documents, planted, rng)
    leaks = {kind: planted_by(kind, chosen, hosts, rng) for kind in KINDS}
    clean = sharing(targets.texts, long, notice, planted, rng)
    added = [text for texts in (*leaks.values(), *clean.values()) for text in texts]
    content = batch(drawn([*documents, *added], SAMPLED, rng))
    scorer = Leak(Leak.fit(Sample(**vars(content), targets=targets), ScoresConfig()))
    started = time.process_time()
    flagged, rows = Counter[str](), []
    for texts in parts(corpus):
        for block in batch(texts).blocks():
            scores = scorer.score(block)
            for row in np.flatnonzero(dropped(scores)).tolist():
                name = targets.names[int(scores[row, Leak.columns.index("leak_set")]) - 1]
                flagged[name] += 1
                rows.append((name, block.texts[row], scores[row].tolist()))
    seconds = time.process_time() - started
    size = sum(len(text.encode()) for text in documents)
    sharing_flagged = {kind: found(scorer, texts)["found"] for kind, texts in clean.items()}
    wrong = sum(flagged.values()) + round(sum(share * planted for share in sharing_flagged.values()))
    return {
        "planted": {kind: found(scorer, texts) for kind, texts in leaks.items()},
        "clean": {"documents": len(documents), "flagged": sum(flagged.values()), "by_set": dict(flagged.most_common())},
        "clean_share": sum(flagged.values()) / len(documents),
        "sharing_flagged": sharing_flagged,
        "clean_share_with_sharing": wrong / (len(documents) + planted * len(clean)),
        "examples": [shown(scorer, *row) for row in spread(rows)],
        "megabytes_per_second": round(size / 1e6 / seconds, 1),
    }


KINDS = ("verbatim", "recased", "rewrapped", "half", "third", "inside", "half inside", "reworded")


def planted_by(kind: str, texts: list[str], hosts: list[str], rng: np.random.Generator) -> list[str]:
    """Return the texts as one kind of leak; a cut keeps whole words and at least thirty of them, where there are."""
    found = []
    for text, host in zip(texts, hosts, strict=True):
        words = text.split()
        share = {"half": 0.5, "half inside": 0.5, "third": 1 / 3}.get(kind, 1.0)
        kept = min(len(words), max(int(share * len(words)), 30))
        start = int(rng.integers(len(words) - kept + 1))
        leak = text if kept == len(words) else " ".join(words[start : start + kept])
        if kind == "recased":
            leak = text.upper() if len(found) % 2 else text.swapcase()
        elif kind == "rewrapped":
            leak = "\n".join(" ".join(words[place : place + 7]) for place in range(0, len(words), 7)).replace(
                ",", " , "
            )
        elif kind == "reworded":
            leak = " ".join("other" if place % 12 == 6 else word for place, word in enumerate(words))
        if kind.endswith("inside"):
            middle = host.find(" ", len(host) // 2)
            leak = f"{host[:middle]} {leak} {host[middle:]}"
        found.append(leak)
    return found


def drawn(texts: Sequence[str], count: int, rng: np.random.Generator) -> list[str]:
    return [texts[row] for row in rng.permutation(len(texts))[:count].tolist()]


def headed(targets: Evaluations, notice: str, rng: np.random.Generator) -> Evaluations:
    """Return the targets, some of them under a notice."""
    under = set(rng.permutation(len(targets.texts))[:HEADED].tolist())
    texts = [f"{notice}\n\n{text}" if row in under else text for row, text in enumerate(targets.texts)]
    return replace(targets, texts=texts)


def sharing(
    targets: Sequence[str], hosts: Sequence[str], notice: str, count: int, rng: np.random.Generator
) -> dict[str, list[str]]:
    """Return by kind clean documents that share a title, a quotation or a notice with a target."""
    titles = [" ".join(text.split()[:TITLE]) for text in drawn(targets, count, rng)]
    quotes = []
    for words in drawn([text.split() for text in targets if len(text.split()) >= LONG_TARGET], count, rng):
        start = int(rng.integers(NOTICE, len(words) - QUOTE))
        quotes.append(f'"{" ".join(words[start : start + QUOTE])}"')
    first, second, third = (hosts[place * count : (place + 1) * count] for place in range(3))
    return {
        "title": [f"{title}\n\n{host}" for title, host in zip(titles, first, strict=True)],
        "quote": [f"{quote}\n\n{host}" for quote, host in zip(quotes, second, strict=True)],
        "boilerplate": [f"{notice}\n\n{host}" for host in third],
    }


def found(scorer: Leak, texts: list[str]) -> dict[str, Any]:
    scores = np.concatenate([scorer.score(block) for block in batch(texts).blocks()])
    long = np.array([len(WORD.findall(text)) >= FEWEST_WORDS for text in texts])
    return {
        "found": float(dropped(scores).mean()),
        "too_short": int((~long).sum()),
        "found_of_the_rest": float(dropped(scores)[long].mean()),
    }


def dropped(scores: np.ndarray) -> np.ndarray:
    """Return (n,) bool: which documents the default reasons drop, by columns in the scorer's order."""
    by_name = dict(zip(Leak.columns, scores.T, strict=True))
    rules = {f"leak:{rule.name}": rule for rule in Leak.rules}
    chosen = [rules[reason] for reason in ScoresConfig().drop if reason in rules]
    return np.any([rule.fires(by_name[f"leak_{rule.measure}"]) for rule in chosen], axis=0)


def spread(rows: list[tuple[str, str, list[float]]]) -> Iterator[tuple[str, str, list[float]]]:
    seen = Counter[str]()
    for row in rows:
        seen[row[0]] += 1
        if seen[row[0]] <= EXAMPLES:
            yield row


def shown(scorer: Leak, name: str, text: str, scores: list[float]) -> dict[str, Any]:
    spans = scorer.spans(text)[:1]
    return {"set": name, "scores": scores, "words": [len(WORD.findall(text[span.start : span.end])) for span in spans]}


def held_out() -> Evaluations:
    listed = sorted(target["name"] for target in json.loads((SHARED / "targets" / "targets.json").read_text()))
    texts = [pq.read_table(SHARED / "targets" / f"{name}.parquet")["text"].to_pylist() for name in listed]
    owners = np.repeat(np.arange(len(listed), dtype=np.int32), [len(found) for found in texts])
    return Evaluations([text for found in texts for text in found], owners, tuple(listed))


def parts(corpus: Path) -> Iterator[list[str]]:
    for path in sorted(corpus.glob("*.parquet")):
        yield pq.read_table(path, columns=["text"])["text"].to_pylist()


def batch(texts: list[str]) -> Batch:
    zeros = np.zeros(len(texts), np.int64)
    vectors = np.zeros((len(texts), 1), np.float32)
    return Batch([text_id(text) for text in texts], texts, vectors, zeros.astype(np.int32), zeros)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=SHARED / "corpus")
    parser.add_argument("--planted", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    print(json.dumps(measure(asked.corpus, planted=asked.planted, seed=asked.seed)))
