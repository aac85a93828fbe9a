"""Byte-level BPE: train one on a sample, load a given one, count tokens.

Choice: the `tokenizers` library with GPT-2's split into words. `<|endoftext|>` is the one special token, and no text
can produce it: loaded tokenizers read the strings of special tokens as plain text, since a corpus may hold any string.
Models that know such a string as a word of its own (Unigram, WordPiece, BPE that skips merges) are given it in two
pieces, so that a text never ends where it only says so; between them a model may put the mark of a word's beginning.
Cost: one core encodes about 3 MB of English a second, so counting is the slowest part of reading a corpus.
Texts of more than 65,536 characters are cut before they are counted, because the library needs some 100 bytes per token
of one text. The cut is made before a space, where words begin anyway; only where 4,096 characters hold no space may it
add a token or two.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from huggingface_hub import hf_hub_download
from tokenizers import Encoding, Tokenizer, decoders, models, pre_tokenizers, trainers

from mixpipe.errors import ConfigError

__all__ = [
    "END_OF_TEXT",
    "count_tokens",
    "encode_texts",
    "end_token",
    "load_tokenizer",
    "tokenizer_json",
    "train_tokenizer",
    "vocabulary_size",
]

END_OF_TEXT = "<|endoftext|>"
END_TOKENS = (END_OF_TEXT, "<|end_of_text|>", "</s>", "<eos>", "<\uff5cend\u2581of\u2581sentence\uff5c>", "[EOS]")
UNKNOWN = "\U0010fffd"  # for private use: what no vocabulary knows
LONGEST = 1 << 16  # characters encoded as one text
LOOK_BACK = 1 << 12  # characters searched for a space to cut before
BATCH_CHARACTERS = 1 << 19  # per call of the library: some 20 MB of its records


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> str:
    """Train a byte-level BPE and return its tokenizer JSON, which depends only on the texts and the size.

    Args:
        texts: what to train on, read once; their order does not matter.
        vocabulary: the most tokens, the 256 bytes and `<|endoftext|>` (number 0) among them.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator((piece for text in texts for piece in _pieces(text)), trainer)
    return str(tokenizer.to_str())


def tokenizer_json(path_or_name: str) -> str:
    """Return the tokenizer JSON of a file, of a folder that holds a tokenizer.json, or of a model on the hub.

    Raises:
        ConfigError: there is none.
    """
    path = Path(path_or_name).expanduser()
    try:
        if not path.exists():
            path = Path(hf_hub_download(path_or_name, "tokenizer.json"))
        return (path / "tokenizer.json" if path.is_dir() else path).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"expected a tokenizer.json file, a folder that holds one or the name of a model on the hub, "
            f"found {path_or_name!r} ({' '.join(str(error).split())[:200]}); correct `tokenizer` or leave it out"
        ) from error


def load_tokenizer(path_or_name: str) -> Tokenizer:
    """Return a tokenizer that takes every text as plain text: no cutting, no padding, no special tokens from text.

    Loaded anew only when the last one asked for was another: what is returned is shared, and not to be changed.

    Raises:
        ConfigError: there is no such tokenizer, or the library cannot read it.
    """
    text = tokenizer_json(path_or_name)
    try:
        return _plain_tokenizer(text)
    except Exception as error:  # the library raises nothing narrower
        raise ConfigError(f"expected a tokenizer.json of `tokenizers` in {path_or_name}, found: {error}") from error


# One per process: the library keeps a tokenizer's words, 4 MB of them, until the thread ends, and so 4 MB would stay
# of each that is loaded (tokenizers 0.23).
@lru_cache(maxsize=1)
def _plain_tokenizer(text: str) -> Tokenizer:
    tokenizer = Tokenizer.from_str(text)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    return tokenizer


def count_tokens(tokenizer: Tokenizer, texts: Iterable[str]) -> list[int]:
    """Return the number of tokens of every text, special tokens not added, in bounded memory."""
    counts: list[int] = []
    for number, encoding in _encodings(tokenizer, texts):
        counts += [0] * (number + 1 - len(counts))
        counts[number] += len(encoding)
    return counts


def encode_texts(tokenizer: Tokenizer, texts: Iterable[str]) -> Iterator[tuple[int, list[int]]]:
    """Yield the number of each text and its tokens, special tokens not added, long texts piece by piece.

    The tokens of a text are as many as `count_tokens` says; memory is bounded likewise.
    """
    for number, encoding in _encodings(tokenizer, texts):
        yield number, encoding.ids


def vocabulary_size(tokenizer: Tokenizer) -> int:
    """Return the largest token and one: the number of tokens, added ones too, unless numbers are left out."""
    return 1 + max(tokenizer.get_vocab(with_added_tokens=True).values())


def end_token(tokenizer: Tokenizer, name: str | None = None) -> int:
    """Return the token that ends a document.

    Args:
        tokenizer: whose token it is.
        name: as the vocabulary spells it; None: the one of its special tokens that usually means this.

    Raises:
        ConfigError: there is none, or several would do.
    """
    special = {token.content for token in tokenizer.get_added_tokens_decoder().values() if token.special}
    found = [token for token in END_TOKENS if token in special] if name is None else [name]
    numbers = [number for token in found if (number := tokenizer.token_to_id(token)) is not None]
    if len(numbers) != 1:
        wanted = f"the token {name}" if name else f"one of the special tokens {' '.join(END_TOKENS)}"
        raise ConfigError(
            f"expected {wanted} in the tokenizer, found {' and '.join(found) if numbers else 'none'} among its special "
            f"tokens {' '.join(sorted(special)[:12]) or '(none)'}; set `end_token`"
        )
    return int(numbers[0])


def _encodings(tokenizer: Tokenizer, texts: Iterable[str]) -> Iterator[tuple[int, Encoding]]:
    forgeable = _forgeable(tokenizer)
    for batch in _batches(texts):
        # Not `encode_batch_fast`, which leaves out offsets and yet takes longer (benchmarks/formats.py).
        encoded = tokenizer.encode_batch([piece for _, piece in batch], add_special_tokens=False)
        for (number, piece), encoding in zip(batch, encoded, strict=True):
            if forgeable and not forgeable.isdisjoint(encoding.ids):
                yield from ((number, part) for part in _plain(tokenizer, piece, forgeable))
            else:
                yield number, encoding


def _forgeable(tokenizer: Tokenizer) -> set[int]:
    """Return the special tokens that plain text can produce, but for that of what is unknown."""
    special = {number: token for number, token in tokenizer.get_added_tokens_decoder().items() if token.special}
    unknown = tokenizer.encode(UNKNOWN, add_special_tokens=False).ids
    texts = [token.content for token in special.values()]
    encoded = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    return {number for number, found in zip(special, encoded, strict=True) if number in found.ids} - {*unknown}


def _plain(tokenizer: Tokenizer, text: str, forgeable: set[int]) -> Iterator[Encoding]:
    """Encode a text in pieces, cut inside whatever makes a special token, until nothing does."""
    encoding = tokenizer.encode(text, add_special_tokens=False)
    spans = [span for number, span in zip(encoding.ids, encoding.offsets, strict=True) if number in forgeable]
    cuts = [start + 1 for start, end in spans if end - start > 1]
    if not cuts:
        yield encoding
        return
    for start, end in pairwise([0, *cuts, len(text)]):
        yield from _plain(tokenizer, text[start:end], forgeable)


def _pieces(text: str) -> list[str]:
    """Cut a text into pieces of at most LONGEST characters, before a space where there is one."""
    pieces, start = [], 0
    while len(text) - start > LONGEST:
        space = text.rfind(" ", start + LONGEST - LOOK_BACK, start + LONGEST)
        end = space if space > 0 else start + LONGEST
        pieces.append(text[start:end])
        start = end
    return [*pieces, text[start:]]


def _batches(texts: Iterable[str]) -> Iterator[list[tuple[int, str]]]:
    """Yield (number of the text, piece of it) in batches of about BATCH_CHARACTERS, however long the texts are."""
    batch: list[tuple[int, str]] = []
    size = 0
    for number, text in enumerate(texts):
        for piece in _pieces(text):
            if batch and size + len(piece) > BATCH_CHARACTERS:
                yield batch
                batch, size = [], 0
            batch.append((number, piece))
            size += len(piece)
    if batch:
        yield batch
