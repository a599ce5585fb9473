"""How large a name may be: whole words, even lines, nothing outside the box, nothing lost before it must be."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from events.badges.fitting import LINE, fitted
from events.badges.sizes import COLOURS, SIZES, colour_of, letters_on


def measure(text: str, size: float) -> float:
    """Every letter is as wide as half its size, in millimetres."""
    return len(text) * size * 0.176


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("Lê An", ["Lê An"]),
        ("Nguyễn Thị Minh Khai", ["Nguyễn Thị", "Minh Khai"]),
        ("Công Tằng Tôn Nữ Hoàng Anh Thư", ["Công Tằng", "Tôn Nữ Hoàng", "Anh Thư"]),
    ],
)
def test_a_name_stands_in_even_lines(name: str, lines: list[str]) -> None:
    assert fitted(name, measure, (90, 60), (38, 9), 3)[1] == lines


def test_a_short_name_is_larger_than_a_long_one() -> None:
    sizes = [fitted(name, measure, (90, 40), (38, 9), 3)[0] for name in ("Lê An", "Nguyễn Thị Minh Khai", "Bảo " * 15)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[2]


def test_a_word_longer_than_the_badge_goes_on_in_the_next_line() -> None:
    size, lines = fitted("N" * 70, measure, (90, 40), (38, 9), 3)
    assert (size, "".join(lines)) == (9, "N" * 70)


def test_what_has_no_room_at_the_smallest_size_ends_in_an_ellipsis() -> None:
    _size, lines = fitted("N" * 400, measure, (90, 40), (38, 9), 3)
    assert (len(lines), lines[-1][-1]) == (3, "…")


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.text(st.sampled_from("aNhoàngễữĐỹ  "), max_size=200),
    st.floats(8, 120),
    st.floats(4, 80),
    st.integers(1, 4),
)
@example("", 8, 4, 1)
def test_no_line_is_wider_than_the_box_and_no_more_lines_than_allowed(
    text: str, width: float, height: float, most: int
) -> None:
    size, lines = fitted(text, measure, (width, height), (38, 6), most)
    assert len(lines) <= most
    assert all(measure(line, size) <= width for line in lines if len(line) > 1)
    assert len(lines) <= 1 or len(lines) * size * LINE <= height
    if not any(line.endswith("…") for line in lines):
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("role", COLOURS)
def test_every_role_is_read_on_its_colour(role: str) -> None:
    colour = colour_of({"colour": "", "role": role})
    assert (letters_on(colour), contrast(colour) >= 5) == ((255, 255, 255), True)


def contrast(colour: tuple[int, int, int]) -> float:
    red, green, blue = (c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


@pytest.mark.parametrize(
    ("own", "shown", "letters"),
    [("#ffe9a8", (255, 233, 168), (0, 0, 0)), ("#102030", (16, 32, 48), (255, 255, 255)), ("red", (51, 82, 74), None)],
)
def test_a_ticket_type_names_its_own_colour(
    own: str, shown: tuple[int, int, int], letters: tuple[int, int, int] | None
) -> None:
    colour = colour_of({"colour": own, "role": "unheard-of"})
    assert (colour, letters or letters_on(colour)) == (shown, letters_on(colour))


@pytest.mark.parametrize("name", SIZES)
def test_all_badges_of_a_page_lie_on_the_paper_beside_each_other(name: str) -> None:
    size = SIZES[name]
    corners = [size.corner(place) for place in range(size.on_a_page)]
    assert all(
        0 <= x <= size.page[0] - size.width + 0.01 and 0 <= y <= size.page[1] - size.height + 0.01 for x, y in corners
    )
    assert len(set(corners)) == size.on_a_page
