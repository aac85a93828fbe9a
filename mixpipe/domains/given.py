"""Domains that the user gave: each label is a domain, and its direction is the mean of its documents' embeddings.

Nothing is clustered, merged or dropped, however small; sums run over every distinct document, so that no rare label
is missed. Lexical features are not used: the labels decide, distances only describe.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mixpipe.domains.model import pack, unpack
from mixpipe.errors import InputError
from mixpipe.store.files import read_arrays, read_table, write_arrays
from mixpipe.store.stage import Context

__all__ = ["GivenDomains", "given_file", "given_labels", "read_given_sums", "write_given_sums"]
