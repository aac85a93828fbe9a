"""Section: the training data on disk, and how near its token shares are to those asked."""

from collections.abc import Sequence

from mixpipe.report.blocks import Block, Cell, Column, Section, Table, Tiles, number, row_of
from mixpipe.report.canvas import domain_colour
from mixpipe.report.facts import Artefacts
from mixpipe.report.facts.shards import Dataset, Tier, read_dataset
from mixpipe.report.numbers import SPACE, compact, count, decimal, memory, share, times

__all__ = ["shards_section"]

LICENCES = {
    1: "named in the first or last 100 characters",
    2: "named elsewhere in the text",
    3: "not named",
}


def shards_section(artefacts: Artefacts) -> Section | None:
    """Return the section; None before the shards."""
    data = read_dataset(artefacts)
    if data is None:
        return None
    worst = max(abs(domain.share - domain.target) for domain in data.domains)
    lead = (
        f"Recounted from the shards after they were written. No domain is further than "
        f"{decimal(100 * worst, 3)}{SPACE}percentage points from the share asked."
    )
    tiles = Tiles(
        (
            (
                count(data.shards),
                "shard" if data.shards == 1 else "shards",
                f"{', '.join(data.formats)}, in train/data",
            ),
            (compact(data.rows), "rows", "copies of documents, globally shuffled"),
            (compact(data.tokens), "tokens", "as ingest counted them"),
            (memory(data.text_bytes / (1 << 20)), "of text", "before compression"),
        )
    )
    blocks: list[Block] = [tiles, _table(data)]
    if data.tiers:
        blocks.append(_licences(data.tiers, data.tokens))
    return Section("shards", "Shards", lead, blocks)


def _licences(tiers: Sequence[Tier], tokens: int) -> Table:
    rows = [
        row_of(
            number(str(one.tier), one.tier),
            LICENCES[one.tier],
            number(count(one.rows), one.rows),
            number(compact(one.tokens), one.tokens),
            number(share(one.tokens / max(tokens, 1)), one.tokens / max(tokens, 1)),
        )
        for one in tiers
    ]
    columns = [Column("tier"), Column("a free licence is", numeric=False), *map(Column, ("rows", "tokens", "share"))]
    caption = (
        "`licence_tier` is a column of the shards. The reason licence:no-free-licence in `scores.drop` leaves tier 1."
    )
    return Table(columns, rows, caption)


def _table(data: Dataset) -> Table:
    rows = [
        row_of(
            Cell(domain.name, colour=domain_colour(domain.number)),
            number(share(domain.target), domain.target),
            number(share(domain.share), domain.share),
            number(decimal(100 * (domain.share - domain.target), 4, signed=True), domain.share - domain.target),
            number(compact(domain.tokens), domain.tokens),
            number(count(domain.documents), domain.documents),
            number(count(domain.rows), domain.rows),
            number(times(domain.epochs), domain.epochs),
        )
        for domain in data.domains
    ]
    heads = ("share asked", "share realised", "difference, % points", "tokens", "documents", "rows", "epochs")
    return Table([Column("domain", numeric=False), *(Column(head) for head in heads)], rows)
