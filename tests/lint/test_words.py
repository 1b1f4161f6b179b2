"""The project's files speak of the project alone, and in its own words."""

from __future__ import annotations

import pytest

from oracle.sources.listing import ABSENT, Listing, read_listings, sources_folder
from tests.lint.tree import project_files, texts
from tests.lint.words import CI, NEIGHBOUR, REGISTRIES, WORKPLACE, copied, forbidden_words

LISTING = Listing(
    "1 /* licence words that anybody may have in a file of their own, as long as they like */\n"
    "2 int\n"
    "3 increment(struct counter *counter_to_increment, int by)\n"
    "4 {\n"
    "5 \t/*\n"
    "6 \t * Readers may look at the counter while it is\n"
    "7 \t * being changed, which is why it is never torn.\n"
    "8 \t */\n"
    "9 \tcounter_to_increment->value += by;\n"
    "10 }\n"
)


@pytest.mark.parametrize("word", [*WORKPLACE, *REGISTRIES, NEIGHBOUR])
def test_a_forbidden_word_is_found(word: str) -> None:
    assert [(one.place, one.line) for one in forbidden_words({"README.md": f"fine\nsee {word} there\n"})] == [("README.md", 2)]


def test_the_script_for_machines_may_know_its_neighbour_and_no_more() -> None:
    assert forbidden_words({CI: NEIGHBOUR}) == []
    assert len(forbidden_words({CI: WORKPLACE[0]})) == 1


@pytest.mark.parametrize(
    "text",
    [
        "x\nint increment(struct counter *counter_to_increment, int by)\n{ /* Readers may",
        "x\n# Readers may look at the counter\n#     while it is being changed, which is why it is never torn.\n",
        "x\n    Readers may look at the counter while it is being changed, which is why it is never torn.",
    ],
)
def test_text_of_the_c_is_found(text: str) -> None:
    assert [(one.place, one.line) for one in copied({"a.py": text}, [LISTING])] == [("a.py", 2)]


def test_the_licence_and_single_names_are_nobodys() -> None:
    text = "licence words that anybody may have in a file of their own, as long as they like\nincrement(counter_to_increment)"
    assert copied({"a.py": text}, [LISTING]) == []


def test_the_project_has_no_forbidden_word() -> None:
    assert "\n".join(map(str, forbidden_words(texts(project_files())))) == ""


def test_the_project_has_no_text_of_the_c() -> None:
    folder = sources_folder()
    if folder is None:
        pytest.skip(ABSENT)
    assert "\n".join(map(str, copied(texts(project_files()), read_listings(folder).values()))) == ""
