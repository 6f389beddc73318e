"""One spelling for each identity: equal for what is the same, None for what cannot serve, no exception."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.identities import (
    PersonQuery,
    _email,
    _name_key_slowly,
    _phone,
    _phone_slowly,
    name_key,
    normalise,
    read_person,
)
from gateway.model import Identity, IdentityKind

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
REGIONS = st.sampled_from(["NO", "DK", "SE", "DE", "GB", "US", "XX", ""])
KINDS = st.sampled_from(IdentityKind)


def email(text: str) -> str | None:
    return normalise(Identity(IdentityKind.EMAIL, text), "NO")


def phone(text: str, region: str = "NO") -> str | None:
    return normalise(Identity(IdentityKind.PHONE, text), region)


def link(text: str) -> str | None:
    return normalise(Identity(IdentityKind.LINK, text), "NO")


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (" Kari.Nordmann@Example.ORG\n", "kari.nordmann@example.org"),
        ("kari+jobb@example.no", "kari+jobb@example.no"),
        ("ｋａｒｉ＠ｅｘａｍｐｌｅ．ｎｏ", "kari@example.no"),
        ("kari@BÜCHER.example", "kari@xn--bcher-kva.example"),
        ("kari@XN--BCHER-KVA.example", "kari@xn--bcher-kva.example"),
        ("kari@bücher。example", "kari@xn--bcher-kva.example"),
        ("kari@example.org.", "kari@example.org"),
        ("\u200f\u2066kari@example.org\u2069", "kari@example.org"),
        ("КАРИ@Example.org", "кари@example.org"),
        ("陳@example.org", "陳@example.org"),
        ("A\u030age@example.no", "åge@example.no"),
    ],
)
def test_email_has_one_spelling(text: str, same: str) -> None:
    assert email(text) == same


@pytest.mark.parametrize(
    "text",
    ["", "kari", "@", "kari@", "@example.org", "a@b@example.org", "ka ri@example.org", "kari@exa mple.org",
     "Kari <kari@example.org>", "k@example..org", "k@.", "a\x00b@example.org", "\ud800@example.org",
     "kari@xn--\u00e6.example", "k" * 310 + "@example.org", "k@" + "a" * 64 + ".org",
     "@" * 10_000, "x" * 10_000],
)  # fmt: skip
def test_email_serves_nobody_when_it_is_no_address(text: str) -> None:
    assert email(text) is None


def test_plus_tags_stay_apart() -> None:
    assert email("kari+a@example.org") != email("kari+b@example.org")
    assert email("kari+a@example.org") != email("kari@example.org")


@pytest.mark.parametrize(
    ("text", "region", "same"),
    [
        ("912 34 567", "NO", "+4791234567"),
        ("0047 91234567", "NO", "+4791234567"),
        ("(+47) 912-34-567", "SE", "+4791234567"),
        ("４７９１２３４５６７", "NO", "+4791234567"),
        ("\u202a+47\u00a0912\u00a034\u00a0567\u202c", "NO", "+4791234567"),
        ("tel:+4791234567", "NO", "+4791234567"),
        ("070-123 45 67", "SE", "+46701234567"),
        ("+46 (0)70 123 45 67", "NO", "+46701234567"),
        ("٩١٢٣٤٥٦٧", "NO", "+4791234567"),
        ("(212) 555-0123", "US", "+12125550123"),
    ],
)
def test_phone_has_one_spelling(text: str, region: str, same: str) -> None:
    assert phone(text, region) == same


@pytest.mark.parametrize(
    ("text", "region"),
    [("", "NO"), ("12", "NO"), ("ring etter 16", "NO"), ("91234567 mob", "NO"), ("22123456 ext. 7", "NO"),
     ("22123456#7", "NO"), ("555-0123", "US"), ("+999 123 45 67", "NO"), ("91234567 / 98765432", "NO"),
     ("91234567", "XX"), ("1" * 10_000, "NO"), ("\ud800" * 10, "NO"), ("😀", "NO")],
)  # fmt: skip
def test_phone_serves_nobody_when_it_is_not_whole(text: str, region: str) -> None:
    assert phone(text, region) is None


DIALLED = st.text("0123456789 -.()+\u00a0", max_size=18)
PREFIX = st.sampled_from(
    ["", "+47", "0047", "47", "+45", "0045", "+46", "+467", "00467", "(+47)", "011", "0"]
)


@given(prefix=PREFIX, rest=DIALLED, region=REGIONS)
@example(prefix="", rest="47123456", region="NO")
@example(prefix="47", rest="91234567", region="NO")
@example(prefix="", rest="45123456", region="DK")
@example(prefix="+46", rest="701234567", region="NO")
@settings(max_examples=250, deadline=None)
def test_short_way_to_a_phone_is_the_long_way(prefix: str, rest: str, region: str) -> None:
    assert _phone(prefix + rest, region) == _phone_slowly(prefix + rest, region)


@given(
    number=st.one_of(
        st.from_regex(r"(\+4[57]|004[57])?[2-9][0-9]{7}", fullmatch=True),
        st.from_regex(r"(\+|00)467[0-9]{8}", fullmatch=True),
    ),
    gaps=st.lists(st.tuples(st.integers(0, 14), st.sampled_from(" -.()\u00a0")), max_size=6),
    region=REGIONS,
)
@settings(max_examples=250, deadline=None)
def test_short_way_to_a_whole_phone_is_the_long_way(
    number: str, gaps: list[tuple[int, str]], region: str
) -> None:
    for at, gap in gaps:
        number = number[:at] + gap + number[at:]
    assert _phone(number, region) == _phone_slowly(number, region)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (" Recman:4711 ", "recman:4711"),
        ("recman : AbC", "recman:AbC"),
        ("a:b:c", "a:b:c"),
        ("x:æ 1", "x:æ 1"),
    ],
)
def test_link_keeps_the_id_as_it_is(text: str, same: str) -> None:
    assert link(text) == same


@pytest.mark.parametrize(
    "text", ["", "recman", "recman:", ":1", "4711:recman", "recman: \n", "a b:1", "r:a\x00"]
)
def test_link_serves_nobody_without_both_halves(text: str) -> None:
    assert link(text) is None


@given(text=ANY_TEXT, kind=KINDS, region=REGIONS)
@example(text="a@" + "ß." * 3000, kind=IdentityKind.EMAIL, region="NO")
@example(text="\u202e@\u202e.", kind=IdentityKind.EMAIL, region="NO")
@example(text="\ufdfa" * 3000 + "@a", kind=IdentityKind.EMAIL, region="NO")
@settings(max_examples=400, deadline=None)
def test_normalise_of_its_answer_is_its_answer(text: str, kind: IdentityKind, region: str) -> None:
    value = normalise(Identity(kind, text), region)
    assert value is None or normalise(Identity(kind, value), region) == value


DOMAINS = st.lists(st.text(st.characters(categories=["Ll", "Lo", "Nd"]), min_size=1, max_size=8), min_size=1)


@given(
    local=st.text(st.characters(categories=["Ll", "Lo", "Nd", "Mn"]), min_size=1, max_size=20), domain=DOMAINS
)
@settings(max_examples=200, deadline=None)
def test_email_of_any_script_is_stable_and_ascii_in_its_domain(local: str, domain: list[str]) -> None:
    value = email(f"{local}@{'.'.join(domain)}")
    assert value is None or (email(value) == value and value.partition("@")[2].isascii())


WORD = st.text("abcdefghijklmnopqrstuvwxyzæøåéçабвгд0123456789", min_size=1, max_size=12)
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


@given(
    local=WORD,
    domain=st.text("abcdefghij", min_size=1, max_size=8),
    pad=st.text(" \t\n\u00a0\u200b", max_size=3),
)
@settings(deadline=None)
def test_email_is_the_same_in_any_case_space_and_width(local: str, domain: str, pad: str) -> None:
    plain = f"{local}@{domain}.example"
    assert email(plain) == plain
    assert email(plain.upper()) == email(pad + plain + pad) == email(plain.translate(WIDE)) == plain


@given(st.from_regex(r"[A-Za-z0-9+._-]{1,20}@[A-Za-z0-9.-]{1,30}", fullmatch=True))
@settings(deadline=None)
def test_short_way_to_an_email_is_the_long_way(text: str) -> None:
    # An invisible mark in front takes the long way.
    assert _email(text) == _email("\u200b" + text)


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("Nordmann, Kari", "Kari Nordmann"),
        ("KARI  NORDMANN", "kari nordmann"),
        ("Anne-Marie O\u2019Brien", "anne marie o'brien"),
        ("ＫＡＲＩ Nordmann", "Kari Nordmann"),
        ("A\u030age Strauß", "Åge STRAUSS"),
        ("Иванова, Анна", "анна иванова"),
    ],
)
def test_name_key_is_the_same_when_the_name_is(name: str, same: str) -> None:
    assert name_key(name) == name_key(same)


@pytest.mark.parametrize(("name", "other"), [("Åse", "Ase"), ("Kari", "Karin"), ("हिन्दी", "हनद")])
def test_name_key_differs_when_the_name_does(name: str, other: str) -> None:
    assert name_key(name) != name_key(other)


def test_name_key_is_empty_when_there_is_no_name() -> None:
    assert [name_key(text) for text in ("", " ", "-,.", "\u200b", "😀")] == [""] * 5


@given(ANY_TEXT)
@settings(max_examples=400)
def test_name_key_of_its_answer_is_its_answer(name: str) -> None:
    assert name_key(name_key(name)) == name_key(name)


@given(st.text(st.characters(max_codepoint=0xFF), max_size=30))
@example("".join(map(chr, range(256))))
@example("ßÿ\u00a8\u00aa\u00b5 \u00adx")
def test_short_way_to_a_name_key_is_the_long_way(name: str) -> None:
    assert name_key(name) == _name_key_slowly(name)


@given(st.lists(WORD, min_size=1, max_size=4), st.randoms())
def test_name_key_does_not_mind_order_and_punctuation(words: list[str], random) -> None:
    mixed = random.sample(words, len(words))
    assert name_key(", ".join(mixed).title().lower()) == name_key(" ".join(words))


@pytest.mark.parametrize("text", ["\ud800" * 10_000, "😀" * 10_000, "\u202eא" * 5_000, "a" * 10_000])
def test_nothing_raises_when_the_text_is_hostile(text: str) -> None:
    assert [normalise(Identity(kind, text), "NO") for kind in IdentityKind] == [None] * 3
    assert isinstance(name_key(text), str)
    with pytest.raises(ValueError, match="a person is named by"):
        read_person(text)


@pytest.mark.parametrize(
    ("text", "identity", "processor", "local_id"),
    [
        (" Kari@Example.org ", Identity(IdentityKind.EMAIL, "kari@example.org"), "", ""),
        ("mailto:kari@example.org", Identity(IdentityKind.EMAIL, "kari@example.org"), "", ""),
        ("912 34 567", Identity(IdentityKind.PHONE, "+4791234567"), "", ""),
        ("tel:+47-912-34-567", Identity(IdentityKind.PHONE, "+4791234567"), "", ""),
        ("Recman:A:1", Identity(IdentityKind.LINK, "recman:A:1"), "recman", "A:1"),
    ],
)
def test_person_is_read_when_named_well(text: str, identity: Identity, processor: str, local_id: str) -> None:
    assert read_person(text) == PersonQuery(identity, processor, local_id)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "recman:4711"),
        ("Kari Nordmann", "recman:4711"),
        ("Kari@", "name@domain"),
        ("12", "no phone number of NO"),
        ("recman:", "recman:4711"),
        ("recman:a\x00", "no id"),
    ],
)
def test_person_is_refused_when_named_badly(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        read_person(text)
    assert "Kari" not in str(caught.value)
