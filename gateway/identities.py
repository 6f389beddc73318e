"""Identities in the one spelling in which they are compared; equal is the same person: nothing is guessed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from gateway.model import Identity, IdentityKind

MOST_EMAIL = 320
MOST_TEXT = 1000

# An address whose only work is lower case: no invisible letters, no punycode, no empty label.
_PLAIN_EMAIL = re.compile(r"[!-?A-~]{1,64}@(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}")
_LABEL = re.compile(r"[a-z0-9_-]{1,63}")

_GAPS = str.maketrans("", "", " -.()\u00a0")
# Numbers phonenumbers would only repeat: whole, and of countries that dial no 0 before a subscriber.
_WHOLE = re.compile(r"\+(?:4[57][2-9][0-9]{7}|467[0-9]{8})")
_NATIONAL = re.compile(r"[2-9][0-9]{7}")
_CODE = {"NO": "+47", "DK": "+45"}
_PHONE_LOOK = re.compile(r"[+(]?[0-9][0-9 ().\-/\u00a0]*")

_LINK = re.compile(r"([a-z][a-z0-9-]*)\s*:\s*(.+)", re.IGNORECASE | re.DOTALL)
# Western letters without compatibility forms and invisible marks among them: only their case folds.
_PLAIN_NAME = re.compile(r"[ -~\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]*")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class PersonQuery:
    """Whom a command is about: one normalised identity. For a link, `processor` and `id` are its halves."""

    identity: Identity
    processor: str = ""
    id: str = ""


def normalise(identity: Identity, region: str) -> str | None:
    """The spelling in which an identity is compared, or None where it cannot serve to know a person by.

    `region` is whose numbers those without a country code are. Never raises.
    """
    match identity.kind:
        case IdentityKind.EMAIL:
            return _email(identity.value)
        case IdentityKind.PHONE:
            return _phone(identity.value, region)
        case IdentityKind.LINK:
            return _link(identity.value)


def name_key(name: str) -> str:
    """A name as it is compared to tell two people behind one address apart; it never joins people.

    "Nordmann, Kari" is "Kari Nordmann". Case, width, punctuation and the order of the words do not count;
    accents do: Å and A are different names.
    """
    if name.isascii() or _PLAIN_NAME.fullmatch(name):
        return " ".join(sorted(_WORD.findall(name.casefold())))
    return _name_key_slowly(name)


def _name_key_slowly(name: str) -> str:
    # Leaving out what cannot be seen and folding the case can open a new composition: until it stays.
    folded = name
    for _ in range(4):
        seen = "".join(each for each in unicodedata.normalize("NFKC", folded) if _is_seen(each))
        again = unicodedata.normalize("NFKC", seen.casefold())
        if again == folded:
            break
        folded = again
    return " ".join(sorted("".join(each if _is_letter(each) else " " for each in folded).split()))


def read_person(text: str, region: str = "NO") -> PersonQuery:
    """Whom an operator names: an e-mail, a phone or `processor:id`; raises ValueError for anything else."""
    text = _trim(text)
    scheme, _, rest = text.partition(":")
    if scheme.lower() in {"mailto", "tel"}:
        text = rest
    elif found := _LINK.fullmatch(text):
        return _query(IdentityKind.LINK, text, region, f"{found[1].lower()}:… has no id that can be used")
    if "@" in text:
        return _query(IdentityKind.EMAIL, text, region, "this is no e-mail address: it must be name@domain")
    if _PHONE_LOOK.fullmatch(text):
        return _query(
            IdentityKind.PHONE,
            text,
            region,
            f"this is no phone number of {region}; start it with + and the country",
        )
    raise ValueError("a person is named by an e-mail, a phone number or processor:id, such as recman:4711")


def _query(kind: IdentityKind, text: str, region: str, mistake: str) -> PersonQuery:
    value = normalise(Identity(kind, text), region)
    if value is None:
        raise ValueError(mistake)
    processor, _, local_id = value.partition(":") if kind is IdentityKind.LINK else ("", "", "")
    return PersonQuery(Identity(kind, value), processor, local_id)


def _email(text: str) -> str | None:
    """Lower case throughout: no mail system in use tells Kari@ from kari@, and vendors change case at will.

    A plus tag is a part of the address and stays. The domain is in A-labels, so that both spellings of an
    international one are equal.
    """
    text = text.strip()
    lower = text.lower()
    if _PLAIN_EMAIL.fullmatch(lower) and "xn--" not in lower and len(lower) <= 255:
        return lower
    text = _trim(text)
    if len(text) > MOST_TEXT:
        return None
    text = _lower(text)
    if len(text) > MOST_TEXT:
        return None
    local, at, domain = text.partition("@")
    if not at or not local or not _is_one_word(text):
        return None
    labels = _a_labels(domain)
    if labels is None or len(local) + 1 + len(labels) > MOST_EMAIL:
        return None
    return f"{local}@{labels}"


def _lower(text: str) -> str:
    # Lower case can open a new composition: until it stays.
    for _ in range(4):
        again = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
        if again == text:
            break
        text = again
    return text


def _a_labels(domain: str) -> str | None:
    domain = domain.removesuffix(".")
    if not domain.isascii() or "xn--" in domain:
        # Heavy to import, and rarely needed.
        import idna

        try:
            domain = idna.encode(domain, uts46=True).decode("ascii").removesuffix(".")
        except UnicodeError:
            return None
    fits = len(domain) <= 253 and all(_LABEL.fullmatch(label) for label in domain.split("."))
    return domain if fits else None


def _phone(text: str, region: str) -> str | None:
    bare = text.strip().translate(_GAPS)
    if region in _CODE:
        bare = "+" + bare[2:] if bare.startswith("00") else bare
        if _NATIONAL.fullmatch(bare):
            return _CODE[region] + bare
    return bare if _WHOLE.fullmatch(bare) else _phone_slowly(text, region)


def _phone_slowly(text: str, region: str) -> str | None:
    """The number in E.164, by phonenumbers.

    What holds a letter is a remark, not a number: letters would be read as keys of a telephone. A number with
    an extension is a switchboard, which many people share; one without its area code is not whole.
    """
    text = _trim(unicodedata.normalize("NFKC", text[:MOST_TEXT]))
    text = text[4:] if text[:4].lower() == "tel:" else text
    if len(text) > 50 or any(each.isalpha() for each in text):
        return None
    # Heavy to import, and rarely needed.
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    possible = phonenumbers.is_possible_number_with_reason(number)
    if number.extension or possible != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _link(text: str) -> str | None:
    found = _LINK.fullmatch(_trim(text[: MOST_TEXT * 2]))
    if found is None:
        return None
    local_id = _trim(found[2])
    fits = 0 < len(local_id) <= MOST_TEXT and not any(map(_is_control, local_id))
    return f"{found[1].lower()}:{local_id}" if fits else None


def _trim(text: str) -> str:
    """Without the spaces and the invisible marks at both ends, as copying leaves them."""
    start, end = 0, len(text)
    while start < end and _is_edge(text[start]):
        start += 1
    while start < end and _is_edge(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_edge(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) == "Cf"


def _is_one_word(text: str) -> bool:
    return text.count("@") == 1 and not any(each.isspace() or _is_control(each) for each in text)


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"}


def _is_seen(letter: str) -> bool:
    return unicodedata.category(letter) != "Cf"


def _is_letter(letter: str) -> bool:
    return letter.isalnum() or unicodedata.category(letter)[0] == "M"
