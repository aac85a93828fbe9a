"""The formats a corpus may come in: one file and one line here for each.

An entry names a `Reader` (`record.py`). The first reader that claims a file's suffix and recognises its beginning gets
the file, else the first that claims its suffix; files of unknown suffix go by their beginning alone.
"""

__all__ = ["READERS"]

READERS = {
    "arrow": "mixpipe.corpus.readers.arrow:READER",
    "json_lines": "mixpipe.corpus.readers.json_lines:READER",
    "json_values": "mixpipe.corpus.readers.json_values:READER",
    "parquet": "mixpipe.corpus.readers.parquet:READER",
    "text": "mixpipe.corpus.readers.text:READER",
}
