"""The links between the seed, the specification, the code and the tests, both ways.

A check is a function over texts and gives the list of what is wrong, in sentences. The
first half of the tests runs the checks on this repository. The second half breaks a
copy of a text and shows that the check notices.
"""

from tests.support.traceability import (
    ASSUMPTIONS,
    CORE,
    DOCUMENTS,
    MODULES,
    NOT_IN_CORE,
    OTHERS,
    SEED,
    SEED_MAP,
    SPECIFICATION,
    TESTS,
    cited_by_tests,
    cited_in_comments,
    cited_in_documents,
    clauses,
    malformed,
    misnumbered,
    missing_code,
    missing_properties,
    names_of,
    needless,
    uncited,
    unexplained,
    unknown,
    unknown_groups,
    unmapped,
)

# What the texts say.


# The checks.


# This repository.


def test_clauses_are_numbered_without_gap() -> None:
    assert misnumbered(SPECIFICATION) == []


def test_every_clause_obliges_or_allows_and_says_why() -> None:
    assert malformed(SPECIFICATION) == []


def test_every_clause_is_cited_where_core_enforces_it() -> None:
    assert uncited(cited_in_comments(CORE), SPECIFICATION, NOT_IN_CORE) == []


def test_every_clause_is_cited_by_a_test() -> None:
    assert uncited(cited_by_tests(TESTS), SPECIFICATION, {}) == []


def test_every_obligation_of_a_runtime_is_an_assumption() -> None:
    named = {name for name, _ in cited_in_documents({"": ASSUMPTIONS}, SPECIFICATION)}
    runtime = {name for name in clauses(SPECIFICATION) if name.startswith("runtime.")}
    assert runtime - named == set()


def test_no_exemption_is_needless() -> None:
    assert needless(cited_in_comments(CORE), SPECIFICATION, NOT_IN_CORE) == []


def test_every_citation_in_code_names_a_clause() -> None:
    citations = cited_in_comments(CORE | OTHERS | TESTS) + cited_by_tests(TESTS)
    assert unknown(citations, SPECIFICATION) == []


def test_every_citation_in_documents_names_a_clause() -> None:
    defined = {f"{module}.{n}" for module in MODULES for n in names_of(MODULES[module])}
    citations = cited_in_documents(DOCUMENTS, SPECIFICATION)
    of_clauses = [entry for entry in citations if entry[0] not in defined]
    assert unknown(of_clauses, SPECIFICATION) == []


def test_every_group_that_is_cited_exists() -> None:
    assert unknown_groups(CORE | DOCUMENTS, SPECIFICATION) == []


def test_every_line_of_the_seed_is_in_the_map() -> None:
    assert unmapped(SEED, SEED_MAP) == []
    assert unexplained(SEED_MAP) == []


def test_everything_that_the_map_names_exists() -> None:
    assert missing_code(SEED_MAP, MODULES) == []
    assert missing_properties(SEED_MAP, SPECIFICATION) == []


# The checks bite.

MARKED = """
import pytest

@pytest.mark.clause("vote.roll", "vote.log")
def test_one() -> None: ...
"""
SMALL = """
**vote.roll** (V1). It MUST. *Why:* because.

**vote.log** (V2). It MAY. *Why:* because.

## End
"""
ROW = "| Only leaders can vote | **vote.roll** | `roll.Roll.has` | S2 | |\n"


def test_small_text_passes_the_checks() -> None:
    assert clauses(SMALL) == ["vote.roll", "vote.log"]
    assert misnumbered(SMALL) == malformed(SMALL) == []
    assert cited_by_tests({"t": MARKED}) == [("vote.roll", "t:4"), ("vote.log", "t:4")]
    assert uncited(cited_by_tests({"t": MARKED}), SMALL, []) == []


def test_renamed_clause_is_noticed_in_core_tests_and_documents() -> None:
    renamed = SPECIFICATION.replace("**vote.roll** (", "**vote.rolls** (")
    assert renamed != SPECIFICATION
    in_core, in_tests = cited_in_comments(CORE), cited_by_tests({"t": MARKED})
    in_documents = cited_in_documents({"m": SEED_MAP}, SPECIFICATION)
    assert any("no clause vote.roll" in one for one in unknown(in_core, renamed))
    assert unknown(in_tests, renamed) == ["t:4: no clause vote.roll"]
    assert "m: no clause vote.roll" in unknown(in_documents, renamed)
    assert "vote.rolls" in uncited(in_core, renamed, NOT_IN_CORE)


def test_dropped_comment_is_noticed() -> None:
    source = CORE["core/primacy/election.py"]
    silent = source.replace("# vote.roll", "#")
    assert silent != source
    citations = cited_in_comments(CORE | {"core/primacy/election.py": silent})
    assert uncited(citations, SPECIFICATION, NOT_IN_CORE) == ["vote.roll"]


def test_dropped_marker_is_noticed() -> None:
    fewer = cited_by_tests({"t": MARKED.replace('"vote.roll", ', "")})
    assert uncited(fewer, SMALL, []) == ["vote.roll"]


def test_marker_that_is_no_literal_is_noticed() -> None:
    computed = cited_by_tests({"t": MARKED.replace('"vote.roll"', "NAME")})
    assert unknown(computed, SMALL) == ["t:4: no clause NAME"]


def test_prose_that_mentions_a_clause_is_no_citation() -> None:
    prose = "x = 1  # as vote.roll says\n# vote.log: and why\n"
    assert cited_in_comments({"c": prose}) == [("vote.log", "c:2")]


def test_citation_inside_a_string_is_none() -> None:
    assert cited_in_comments({"c": 'x = "# vote.roll"\n'}) == []


def test_gap_and_repetition_are_noticed() -> None:
    assert misnumbered(SMALL.replace("(V2)", "(V3)")) == ["vote.log is number V3"]
    assert misnumbered(SMALL.replace("(V2)", "(V1)")) == ["vote.log is number V1"]
    assert misnumbered(SMALL.replace("(V2)", "(W2)")) == ["vote.* has two letters"]
    assert "vote.roll stands twice" in misnumbered(
        SMALL.replace("vote.log", "vote.roll")
    )
    assert misnumbered(SMALL.replace("vote.log** (V2)", "roll.log** (V1)")) == [
        "roll.log is numbered like vote.*",
        "roll.* has two letters",
    ]


def test_clause_without_force_or_reason_is_noticed() -> None:
    assert malformed(SMALL.replace("MUST", "may")) == [
        "vote.roll says neither MUST nor MAY"
    ]
    assert malformed(SMALL.replace("It MAY. *Why:*", "It MAY.")) == [
        "vote.log does not say why"
    ]


def test_needless_exemption_is_noticed() -> None:
    citations = cited_by_tests({"t": MARKED})
    assert needless(citations, SMALL, ["vote.log"]) == ["vote.log: vote.log is cited"]
    assert needless(citations, SMALL, ["vote.gone"]) == ["vote.gone: no such clause"]
    assert needless([], SMALL, ["vote.*"]) == []


def test_unknown_group_is_noticed() -> None:
    source = '"""Source: clauses `votes.*` and `vote.*`."""'
    assert unknown_groups({"c": source}, SMALL) == ["c: no clauses votes.*"]


def test_changed_seed_is_noticed() -> None:
    changed = SEED.replace("Only leaders can vote", "Everyone can vote")
    added = SEED + "\n- One thing more"
    assert changed != SEED
    assert len(unmapped(changed, SEED_MAP)) == 1
    assert len(unmapped(added, SEED_MAP)) == 1
    assert unmapped(SEED, SEED_MAP.replace(ROW.split("|")[1], " Nobody can vote "))


def test_row_without_clause_and_note_is_noticed() -> None:
    assert unexplained(ROW) == []
    assert unexplained(ROW.replace("**vote.roll**", "-")) == ["Only leaders can vote"]


def test_code_and_property_that_are_gone_are_noticed() -> None:
    module = "class Roll:\n    def has(self) -> bool: ...\n"
    assert missing_code(ROW, {"roll": module}) == []
    assert len(missing_code(ROW, {"roll": module.replace("has", "had")})) == 1
    assert len(missing_code(ROW, {"rolls": module})) == 1
    assert missing_properties(ROW, "| S2 | leader-only elections |") == []
    assert len(missing_properties(ROW, "| S1 | election safety |")) == 1
