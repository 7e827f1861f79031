"""Messages that are refused: with the line and the reason, quickly, and without much memory."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pennywhistle.adapters.ddex import xml
from pennywhistle.adapters.ddex.read import read_message
from pennywhistle.adapters.ddex.schemas import SchemasMissingError
from pennywhistle.adapters.ddex.xml import (
    DEPTH_MOST,
    FILE_BYTES_MOST,
    TAG_BYTES_MOST,
    MessageRefusedError,
)
from tests.ern_messages import deal_3, deal_4, own, with_deals

LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
HEAD = '<?xml version="1.0"?>'
ALBUM = "http://ddex.net/xml/ern/43"


def why_refused(data: bytes | str) -> str:
    """The words that a message is refused with; they begin with its line."""
    with pytest.raises(MessageRefusedError, match=r"^line [0-9]+: ") as caught:
        read_message(data.encode() if isinstance(data, str) else data)
    return str(caught.value)


def attributes(count: int) -> str:
    """As many, each of another name."""
    return " ".join(f"a{number}=''" for number in range(count))


HOSTILE: dict[str, str | bytes] = {
    "entities in entities": f'{HEAD}<!DOCTYPE m [<!ENTITY a0 "lol">{LAUGHS}]><m>&a9;</m>',
    "entities in an attribute": f'{HEAD}<!DOCTYPE m [<!ENTITY a0 "lol">{LAUGHS}]><m a="&a9;"/>',
    "one long entity, often": (
        f'{HEAD}<!DOCTYPE m [<!ENTITY a "{"x" * 50_000}">]><m>{"&a;" * 50_000}</m>'
    ),
    "a file of this machine": (
        f'{HEAD}<!DOCTYPE m [<!ENTITY a SYSTEM "file:///etc/passwd">]><m>&a;</m>'
    ),
    "a type elsewhere": f'{HEAD}<!DOCTYPE m SYSTEM "http://127.0.0.1:1/m.dtd"><m/>',
    "a type that is empty": f"{HEAD}<!DOCTYPE m><m/>",
    "deep": "<m>" * 50_000 + "</m>" * 50_000,
    "a million siblings": f'<m xmlns="{ALBUM}">{"<a/>" * 1_000_000}</m>',
    "a long tag": f"<m {attributes(100_000)}/>",
    "many attributes": f"<m>{f'<a {attributes(500)}/>' * 900}</m>",
    "a long text": f"<m>{'x' * 9_000_000}</m>",
    "large": "<m>" + "x" * FILE_BYTES_MOST,
    "two bytes a letter": "<m/>".encode("utf-16"),
    "another alphabet": b'<?xml version="1.0" encoding="UTF-7"?>+ADw-m/+AD4-',
    "nothing": "",
    "JSON": '{"version": "4.3"}',
    "cut off": own("album-43")[:9_000],
    "letters that are none": own("single-43").encode().replace(b"Salt", b"\xff\xfe"),
    "another tongue": "<html><body/></html>",
    "a bank statement": '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"/>',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_a_line(name: str) -> None:
    assert len(why_refused(HOSTILE[name])) < 300


def test_limits_hold_where_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "elements lie more than" in why_refused("<m>" * (DEPTH_MOST + 1) + "</m>")
    tag = f'<m a="{"x" * (TAG_BYTES_MOST - 10)}"/>'
    assert "is 'm'" in why_refused(tag)
    assert "line 2: a tag has more than" in why_refused(f"\n{tag.replace('a=', 'abcdefghi=')}")
    monkeypatch.setattr(xml, "NODES_MOST", 1_000)
    wide = f"<m>{'<a/>' * 999}</m>"
    assert "is 'm'" in why_refused(wide)
    assert "more than 1,000 elements" in why_refused(wide.replace("<m>", "<m b=''>"))


LIES = {
    "MessageHeader": (r"<MessageHeader>.*</MessageHeader>", "", "lacks its MessageHeader"),
    "MessageId": (r"<MessageId>.*?</MessageId>", "", "MessageHeader lacks its MessageId"),
    "its sender": (r"<MessageSender>.*</MessageSender>", "", "lacks its MessageSender"),
    "its time": (r"2026-03-0.T10:00:00\+01:00", "yesterday", "MessageCreatedDateTime: 'yesterday'"),
    "ReleaseList": (r"<ReleaseList>.*</ReleaseList>", "", "lacks its ReleaseList"),
    "releases": (
        r"<ReleaseList>.*</DealList>",
        "<ReleaseList/>",
        "there is no release in it",
    ),
    "two headers": (r"(<MessageHeader>.*</MessageHeader>)", r"\1\1", "MessageHeader stands in the"),
    "a stranger": (r"<ReleaseList>", "<Surprise/><ReleaseList>", "Surprise has no place"),
    "a resource": (r"<ResourceReference>A1<", "<ResourceReference>A9<", "'A1' names nothing"),
    "a resource twice": (
        r"<ResourceReference>A4<",
        "<ResourceReference>A1<",
        "ResourceReference 'A1' is given twice",
    ),
    "a release": (
        r"<DealReleaseReference>R0<",
        "<DealReleaseReference>R7<",
        "DealReleaseReference 'R7' names nothing",
    ),
    "a release twice": (
        r"<ReleaseReference>R1<",
        "<ReleaseReference>R0<",
        "ReleaseReference 'R0' is given twice",
    ),
    "a duration": (r"PT185S", "3:05", "'3:05' is not a duration such as PT3M25S"),
    "no duration": (r"<Duration>PT185S</Duration>", "", "SoundRecording lacks its Duration"),
    "a territory": (r">GB<|>2136<", ">Narnia<", "TerritoryCode 'Narnia' is no territory"),
    "a small territory": (r">GB<|>2136<", ">gb<", "TerritoryCode 'gb' is no territory"),
    "a date": (r"<StartDate>2026-04-01", "<StartDate>2026-02-30", "'2026-02-30' is not in the"),
    "a day's form": (r"<StartDate>2026-04-01", "<StartDate>1.4.2026", "'1.4.2026' is not a date"),
    "no start": (r"<StartDate>2026-04-01", "<StartDate>", "'' is not a date such as"),
    "no period": (
        r"<ValidityPeriod>.*?</ValidityPeriod>",
        "",
        "DealTerms lacks its ValidityPeriod",
    ),
}


@pytest.mark.parametrize("name", ["album-382", "album-43"])
@pytest.mark.parametrize("lie", LIES)
def test_a_message_that_lies_or_lacks_is_refused_with_the_reason(name: str, lie: str) -> None:
    pattern, instead, why = LIES[lie]
    changed = re.sub(pattern, instead, own(name), flags=re.DOTALL)
    assert changed != own(name)
    assert why in why_refused(changed)


FOUR_LIES = {
    "parties": (r"<PartyList>.*</PartyList>", "", "lacks its PartyList"),
    "an artist": (r"<PartyReference>PMole", "<PartyReference>PMouse", "'PMoleJetty' names nothing"),
    "a label": (r"<PartyReference>PQuayJ", "<PartyReference>PQuayX", "'PQuayJapan' names nothing"),
    "a cover": (r"(LinkDescription=\"CoverArt\">)A4", r"\1A8", "'A8' names nothing"),
}


@pytest.mark.parametrize("lie", FOUR_LIES)
def test_a_message_of_4_that_lies_of_parties_or_covers_is_refused(lie: str) -> None:
    pattern, instead, why = FOUR_LIES[lie]
    assert why in why_refused(re.sub(pattern, instead, own("album-43"), flags=re.DOTALL))


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        (
            "<TerritoryCode>DE</TerritoryCode><ExcludedTerritoryCode>AT</ExcludedTerritoryCode>",
            "and not both",
        ),
        (
            (
                "<ValidityPeriod><StartDate>2026-01-01</StartDate>"
                "<StartDateTime>2026-01-01T00:00:00</StartDateTime></ValidityPeriod>"
            ),
            "a period says its start twice",
        ),
        (
            "<ValidityPeriod><StartDateTime>2026-01-01</StartDateTime></ValidityPeriod>",
            "'2026-01-01' is no StartDateTime",
        ),
        (
            "<ValidityPeriod><StartDateTime>2026-01-01T25:00:00</StartDateTime></ValidityPeriod>",
            "not on the clock",
        ),
    ],
)
def test_a_deal_that_contradicts_itself_is_refused(terms: str, why: str) -> None:
    assert why in why_refused(with_deals("single-382", deal_3(terms)))
    assert why in why_refused(with_deals("single-43", deal_4(terms)))


def test_a_word_that_3_does_not_have_is_refused() -> None:
    assert "'Beaming' is none of DDEX's words" in why_refused(
        with_deals("single-382", deal_3("", usage="Beaming"))
    )


def test_the_line_is_that_of_what_is_wrong() -> None:
    text = own("album-382")
    line = text[: text.index("PT185S")].count("\n") + 1
    assert why_refused(text.replace("PT185S", "long")).startswith(f"line {line}: ")


@pytest.mark.parametrize(
    ("namespace", "why"),
    [
        ("http://ddex.net/xml/ern/51", "this is ERN 5.1, which is not read"),
        ("http://ddex.net/xml/ern/31", "this is ERN 3.1, which is not read"),
        ("http://ddex.net/xml/mead/11", "this is 'http://ddex.net/xml/mead/11'"),
        ("http://example.org/xml/ern/43", "and not a release message of DDEX"),
    ],
)
def test_another_version_or_standard_is_refused_by_name(namespace: str, why: str) -> None:
    assert why in why_refused(own("single-43").replace(ALBUM, namespace))


def test_a_catalogue_list_is_refused_with_what_would_be_read() -> None:
    text = own("purge-382").replace("PurgeReleaseMessage", "CatalogListMessage")
    assert "a NewReleaseMessage opens sales" in why_refused(text)


def test_a_folder_without_the_schema_is_told(tmp_path: Path) -> None:
    with pytest.raises(SchemasMissingError, match=r"no schema for http://ddex\.net/xml/ern/43"):
        read_message(own("single-43").encode(), schemas=tmp_path)
    (tmp_path / "broken.xsd").write_text("<schema", encoding="utf-8")
    with pytest.raises(SchemasMissingError, match=r"broken\.xsd is no schema"):
        read_message(own("single-43").encode(), schemas=tmp_path)
