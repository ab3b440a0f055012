from ingest.pdf.reading_order import Placed, gutter, in_order

SIZE = 10.0


def placed(*boxes):
    """Return items from (left, top, width)."""
    return [Placed(n, (x, y, x + width, y + SIZE), SIZE) for n, (x, y, width) in enumerate(boxes)]


def column(x, *, lines, top=100, width=200):
    return [(x, top + 16 * n, width) for n in range(lines)]


def flat(rows):
    return [number for row in rows for number in row]


def test_columns_are_read_one_after_the_other():
    items = placed(*column(50, lines=6), *column(270, lines=6))
    assert flat(in_order(items)) == list(range(12))


def test_a_title_and_a_note_across_both_columns_come_before_and_after_them():
    items = placed((100, 300, 320), *column(270, lines=6), *column(50, lines=6), (120, 60, 280))
    assert flat(in_order(items)) == [13, *range(7, 13), *range(1, 7), 0]


def test_three_columns():
    items = placed(*column(400, lines=5, width=150), *column(50, lines=5, width=150), *column(225, lines=5, width=150))
    assert flat(in_order(items)) == [*range(5, 15), *range(5)]


def test_columns_that_start_at_different_heights():
    items = placed(*column(50, lines=8), *column(270, lines=6, top=137))
    assert flat(in_order(items)) == list(range(14))


def test_the_short_cells_of_a_table_are_read_row_by_row():
    rows = [[(50, y, 30), (150, y + 1, 40), (300, y - 1, 20)] for y in range(100, 200, 20)]
    items = placed(*(cell for row in rows for cell in row))
    assert in_order(items) == [[3 * row, 3 * row + 1, 3 * row + 2] for row in range(5)]


def test_messages_to_the_left_and_right_are_read_in_turn():
    items = placed((50, 100, 80), (400, 130, 80), (50, 160, 70), (420, 190, 60), (50, 220, 80), (410, 250, 70))
    assert flat(in_order(items)) == [0, 1, 2, 3, 4, 5]


def test_two_signatures_side_by_side_belong_to_one_row():
    items = placed(*column(50, lines=8, width=450), (50, 260, 80), (300, 260, 80), (50, 280, 60), (300, 281, 60))
    assert in_order(items)[8:] == [[8, 9], [10, 11]]


def test_columns_of_short_paragraphs():
    lines = [(x, 100 + 16 * n, 200 if n % 2 == 0 else 80 + 7 * n) for x in (50, 270) for n in range(12)]
    assert flat(in_order(placed(*lines))) == list(range(24))


def test_no_lines_no_columns():
    assert in_order([]) == []
    assert gutter([]) is None
