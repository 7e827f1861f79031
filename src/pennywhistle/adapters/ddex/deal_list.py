"""The deals of a message, by the release they speak of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from pennywhistle.adapters.ddex.structure import named
from pennywhistle.adapters.ddex.territories import read_territories
from pennywhistle.adapters.ddex.words import MODELS, USES
from pennywhistle.adapters.ddex.xml import is_true, refused, text_at, text_of, texts_at
from pennywhistle.kit.deal_dates import DealDateError, begins_at
from pennywhistle.kit.deals import Deal, Price, Usage

# Where a date is only checked, any country's clock does.
_ANYWHERE = "IS"


@dataclass(frozen=True, slots=True)
class Dealing:
    """What the deals of a message are read with. In 3.x the lists of words are closed."""

    is_three: bool
    recipients: frozenset[str]
    warnings: list[str]


def read_deals(
    root: etree._Element, releases: dict[str, etree._Element], dealing: Dealing
) -> dict[str, list[Deal]]:
    """By release reference. Raises `MessageRefusedError`."""
    found: dict[str, list[Deal]] = {}
    for group in root.iterfind("DealList/ReleaseDeal"):
        references = group.findall("DealReleaseReference")
        for reference in references:
            named(reference, releases)
        effective_on = _date(group.find("EffectiveDate"))
        deals = [
            deal for node in group.findall("Deal") for deal in _deals(node, effective_on, dealing)
        ]
        for name in dict.fromkeys(map(text_of, references)):
            found.setdefault(name, []).extend(deals)
    return found


def _deals(node: etree._Element, effective_on: str, dealing: Dealing) -> Iterator[Deal]:
    """A deal for each of its periods."""
    terms = node.find("DealTerms")
    if terms is None:
        dealing.warnings.append(
            f"line {node.sourceline}: a deal whose terms were agreed elsewhere opens nothing"
        )
        return
    territories, excluded = read_territories(terms)
    for period in terms.findall("ValidityPeriod"):
        yield Deal(
            territories=territories,
            excluded_territories=excluded,
            usages=_usages(node, terms, dealing),
            models=_words(terms, "CommercialModelType", MODELS, dealing),
            start=_end_of_period(period, "Start"),
            end=_end_of_period(period, "End"),
            prices=tuple(map(_price, terms.findall("PriceInformation"))),
            released_on=_date(terms.find("PreOrderReleaseDate")),
            effective_on=effective_on,
            is_take_down=is_true(terms, "TakeDown", "AllDealsCancelled"),
            is_pre_order=is_true(terms, "IsPreOrderDeal"),
            is_for_others=_is_for_others(terms, dealing.recipients),
            line=node.sourceline or 0,
        )


def _usages(node: etree._Element, terms: etree._Element, dealing: Dealing) -> tuple[Usage, ...]:
    """3.x has them in groups, each with its own limits; in 4.x the terms are the one group."""
    groups = terms.findall("Usage") if dealing.is_three else [terms]
    is_rental = terms.find("ConsumerRentalPeriod") is not None
    # Uses of single resources in it limit the release as a whole, which is how it is sold.
    is_partial = node.find("ResourceUsage") is not None
    return tuple(
        Usage(
            uses=_words(group, "UseType", USES, dealing),
            channels=tuple(texts_at(group, "DistributionChannelType")),
            interfaces=tuple(texts_at(group, "UserInterfaceType")),
            is_protected=text_at(group, "TechnicalInstantiation/DrmEnforcementType")
            == "DrmEnforced",
            is_limited=is_rental or is_partial or group.find("NumberOfUsages") is not None,
        )
        for group in groups
    )


def _words(
    node: etree._Element, name: str, allowed: frozenset[str], dealing: Dealing
) -> tuple[str, ...]:
    found = [child for child in node.findall(name) if text_of(child)]
    for child in found:
        if text_of(child) not in allowed:
            why = f"{name} {text_of(child)[:60]!r} is none of DDEX's words"
            if dealing.is_three:
                raise refused(child, why)
            dealing.warnings.append(f"line {child.sourceline}: {why}, and opens nothing")
    return tuple(dict.fromkeys(map(text_of, found)))


def _end_of_period(period: etree._Element, end: str) -> str:
    told = [*period.findall(f"{end}Date"), *period.findall(f"{end}DateTime")]
    if len(told) > 1:
        raise refused(told[1], f"a period says its {end.lower()} twice")
    if not told:
        return ""
    if text_of(told[0]) and ("T" in text_of(told[0])) != (told[0].tag == f"{end}DateTime"):
        raise refused(told[0], f"{text_of(told[0])[:40]!r} is no {told[0].tag}")
    return _date(told[0])


def _date(node: etree._Element | None) -> str:
    text = text_of(node)
    if node is None:
        return ""
    try:
        begins_at(text=text, country=_ANYWHERE)
    except DealDateError as error:
        raise refused(node, str(error)) from None
    return text


def _price(node: etree._Element) -> Price:
    amount = node.find("WholesalePricePerUnit")
    return Price(
        code=text_at(node, "PriceCode", "PriceType"),
        amount=text_of(amount),
        currency="" if amount is None else amount.get("CurrencyCode", ""),
    )


def _is_for_others(terms: etree._Element, recipients: frozenset[str]) -> bool:
    """Whether it names the shops that may use it without the message's recipient, or against it."""
    ours, not_ours = (
        {text for shop in terms.findall(name) for text in texts_at(shop, "PartyId", "PartyId/DPID")}
        for name in ("DistributionChannel", "ExcludedDistributionChannel")
    )
    limits = terms.find("DistributionChannel") is not None
    return (limits and not ours & recipients) or bool(not_ours & recipients)
