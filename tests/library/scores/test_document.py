from mixpipe.scores.document import HEAD_CHARACTERS, Document, duplicate_shares


def test_second_and_later_copies_count():
    assert duplicate_shares(["x", "y", "x", "x"]) == (0.5, 2.0)


def test_no_pieces_no_duplicates():
    assert duplicate_shares([]) == (0.0, 0.0)
    assert duplicate_shares(["a", "b"]) == (0.0, 0.0)


def test_blank_lines_are_no_lines():
    assert Document("a\n\n \nb  \n").lines == ["a", "b"]


def test_only_newline_ends_a_line():
    assert Document("a\u2028b\x85c\rd").lines == ["a\u2028b\x85c\rd"]


def test_paragraphs_are_split_at_two_or_more_newlines():
    assert Document("a\nb\n\n\n\nc\n\nd").paragraphs == ["a\nb", "c", "d"]


def test_long_text_is_measured_on_its_head():
    document = Document("word " * HEAD_CHARACTERS)
    assert len(document.head) == HEAD_CHARACTERS
    assert len(document.head_words) == HEAD_CHARACTERS // 5
    assert len(document.words) == HEAD_CHARACTERS
