"""The shop's errors and reasons in the words of its counter: one table, for this door alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.utils.translation import gettext, ngettext

from pennywhistle.flows.count_cards import TooManyCardsError
from pennywhistle.flows.try_promotion import TooManyPromotionsError
from pennywhistle.kit.money import Money, MoneyError
from pennywhistle.kit.territory import UnknownCountryError
from pennywhistle.look import formats
from pennywhistle.shop.encoding.rules import MasterFacts, OutputFacts, Treatment
from pennywhistle.shop.ledger.seals import SealedDayError
from pennywhistle.shop.licensing.rules import NotCovered, Why
from pennywhistle.shop.payments.codes.rules import GiftOutOfRangeError
from pennywhistle.shop.payments.codes.tries import TooManyTriesError
from pennywhistle.shop.payments.going_back.rules import TopUpBeyondShortageError, WalletShutError
from pennywhistle.shop.payments.rules import OtherWalletError
from pennywhistle.shop.payments.top_ups.rules import TopUpOutOfRangeError
from pennywhistle.shop.pricing.rules import NamedOutOfRangeError, PromotionRefusedError, Reduction
from pennywhistle.shop.sales.business import BusinessAbroadError
from pennywhistle.shop.sales.rules import (
    AlreadyOwnedError,
    BasketTooLargeError,
    EmptyBasketError,
    Evidence,
    NotEnoughMoneyError,
    NotForSaleError,
    OtherCurrencyError,
    QuoteExpiredError,
    QuoteNotYoursError,
    TerritoryUnknownError,
    UnpaidPriceError,
)
from pennywhistle.shop.sales.waiver import WaiverMissingError

# Channels; more of them are surround.
_STEREO = 2
_REACH_STEP_HZ = 500


def _no_amount(_: Exception) -> str:
    example = {"example": formats.amount_to_type(Money.of_minor(250, "EUR"))}
    return (
        gettext("This is not an amount. Write it as %(example)s, with no sign between thousands.")
        % example
    )


def _business_abroad(error: Exception) -> str:
    country = error.country if isinstance(error, BusinessAbroadError) else ""
    return gettext(
        "Your receipts are made out to a business in %(country)s, but you are buying from another "
        "country, and there this shop can sell to people only. Take the business off your receipts "
        "to buy for yourself."
    ) % {"country": formats.country(country)}


def _not_enough(error: Exception) -> str:
    missing = formats.money(error.missing) if isinstance(error, NotEnoughMoneyError) else ""
    return gettext("Your wallet lacks %(missing)s. Top it up and buy again.") % {"missing": missing}


def _not_for_sale(error: Exception) -> str:
    reasons = error.reasons if isinstance(error, NotForSaleError) else ()
    return gettext("Not everything in the basket can be sold to you: %(reasons)s.") % {
        "reasons": "; ".join(dict.fromkeys(reasons))
    }


def _unpaid_price(error: Exception) -> str:
    tracks = error.tracks if isinstance(error, UnpaidPriceError) else ()
    return gettext(
        "This cannot be sold at its price: %(tracks)s. Take it out of the basket, and please tell "
        "the shop."
    ) % {"tracks": ", ".join(tracks)}


def sign_of(piece: Evidence) -> str:
    """What a piece of evidence says: `you said Germany`."""
    signs = {
        "declared": gettext("you said %(country)s"),
        "ip": gettext("your connection looks like %(country)s"),
        "card": gettext("your card was issued in %(country)s"),
        "phone": gettext("your telephone number is from %(country)s"),
        "local-network": gettext("the network you are in says %(country)s"),
    }
    return signs[piece.kind] % {"country": formats.country(piece.country)}


def _country_unknown(error: Exception) -> str:
    contradicting = error.contradicting if isinstance(error, TerritoryUnknownError) else ()
    if not contradicting:
        return gettext(str(error))
    said = [sign_of(piece) for piece in contradicting]
    return gettext(
        "We cannot tell your country: %(said)s. Choose it again, or give us one more sign of it."
    ) % {"said": ", ".join(said)}


def _top_up_out_of_range(error: Exception) -> str:
    if not isinstance(error, TopUpOutOfRangeError):
        return gettext(str(error))
    return gettext("A top-up is between %(least)s and %(most)s.") % {
        "least": formats.money(error.least),
        "most": formats.money(error.most),
    }


def _other_currency(error: Exception) -> str:
    if not isinstance(error, OtherCurrencyError):
        return gettext(str(error))
    return gettext(
        "Your wallet holds %(wallet)s, and this shop sells in %(sold_in)s. Buy in the shop where "
        "you filled it."
    ) % {"wallet": error.wallet, "sold_in": formats.listed(list(error.sold_in))}


def _gift_out_of_range(error: Exception) -> str:
    if not isinstance(error, GiftOutOfRangeError):
        return gettext(str(error))
    return gettext("A gift is worth between %(least)s and %(most)s.") % {
        "least": formats.money(error.least),
        "most": formats.money(error.most),
    }


def _too_many_tries(error: Exception) -> str:
    if not isinstance(error, TooManyTriesError):
        return gettext(str(error))
    minutes = error.minutes
    return ngettext(
        "Too many codes were wrong. Try again in %(count)s minute, and check the code against the "
        "paper first.",
        "Too many codes were wrong. Try again in %(count)s minutes, and check the code against the "
        "paper first.",
        minutes,
    ) % {"count": minutes}


def _too_many_promotions(error: Exception) -> str:
    minutes = error.minutes if isinstance(error, TooManyPromotionsError) else 0
    return ngettext(
        "Too many codes were wrong. Try again in %(count)s minute.",
        "Too many codes were wrong. Try again in %(count)s minutes.",
        minutes,
    ) % {"count": minutes}


def _too_many_cards(error: Exception) -> str:
    minutes = error.minutes if isinstance(error, TooManyCardsError) else 0
    return ngettext(
        "Too many cards were tried. Try again in %(count)s minute.",
        "Too many cards were tried. Try again in %(count)s minutes.",
        minutes,
    ) % {"count": minutes}


def _promotion_refused(error: Exception) -> str:
    if not isinstance(error, PromotionRefusedError):
        return gettext(str(error))
    known = {
        "unknown": gettext(
            "There is no code %(code)s in this shop. Look at how it is written, or go on without it."
        ),
        "not-yet": gettext("The code %(code)s does not hold yet. Go on without it, or come back."),
        "over": gettext("The code %(code)s does not hold any more. Go on without it."),
        "used-up": gettext(
            "The code %(code)s has been used as often as it may be. Go on without it."
        ),
        "used-by-you": gettext(
            "You have used the code %(code)s as often as one person may. Go on without it."
        ),
        "currency": gettext(
            "The code %(code)s is for prices in another currency. Go on without it."
        ),
    }
    return known[error.why] % {"code": error.code}


def _named_out_of_range(error: Exception) -> str:
    if not isinstance(error, NamedOutOfRangeError):
        return gettext(str(error))
    return gettext("Name a price from %(least)s to %(most)s.") % {
        "least": formats.money(error.least),
        "most": formats.money(error.most),
    }


def reductions_in_words(reductions: Iterable[Reduction]) -> tuple[str, ...]:
    """What prices were lowered by, the same kind and code summed: `Bought whole: −€0.20`."""
    sums: dict[tuple[str, str], Money] = {}
    for each in reductions:
        key = each.kind, each.code if each.kind in {"tier", "promotion"} else ""
        sums[key] = sums.get(key, Money.zero(each.amount.currency)) + each.amount
    return tuple(
        gettext("%(why)s: %(amount)s")
        % {"why": _reduction(kind, code), "amount": formats.signed_money(-amount)}
        for (kind, code), amount in sums.items()
    )


def _reduction(kind: str, code: str) -> str:
    known = {
        "bundle": gettext("Bought whole"),
        "upgrade": gettext("You own it in another format"),
        "tier": gettext("Your discount of %(percent)s") % {"percent": code},
        "promotion": gettext("Code %(code)s") % {"code": code},
    }
    return known.get(kind, kind)


def _wallet_shut(error: Exception) -> str:
    missing = formats.money(error.missing) if isinstance(error, WalletShutError) else ""
    return gettext(
        "A top-up went back that was spent already: %(missing)s of it is missing. Once that is settled "
        "in your wallet, you can buy again."
    ) % {"missing": missing}


def _beyond_shortage(error: Exception) -> str:
    if not isinstance(error, TopUpBeyondShortageError) or not error.most:
        return gettext(
            "What is missing is in your wallet already, or on its way there. Settle that first."
        )
    return gettext("Until your wallet is settled, it takes %(most)s at most.") % {
        "most": formats.money(error.most)
    }


def _other_wallet(error: Exception) -> str:
    if not isinstance(error, OtherWalletError):
        return gettext(str(error))
    return gettext("This is in %(currency)s, and your wallet is in %(wallet)s.") % {
        "currency": error.currency,
        "wallet": error.wallet,
    }


_WORDS: dict[type[Exception], Callable[[Exception], str]] = {
    AlreadyOwnedError: lambda _: gettext(
        "Part of this is in your library by now. Look at your basket again."
    ),
    BasketTooLargeError: lambda _: gettext(
        "That is more than one purchase can hold. Remove some of it and buy in two goes."
    ),
    EmptyBasketError: lambda _: gettext("Your basket is empty, or all of it is yours already."),
    GiftOutOfRangeError: _gift_out_of_range,
    BusinessAbroadError: _business_abroad,
    MoneyError: _no_amount,
    NamedOutOfRangeError: _named_out_of_range,
    NotEnoughMoneyError: _not_enough,
    NotForSaleError: _not_for_sale,
    OtherCurrencyError: _other_currency,
    OtherWalletError: _other_wallet,
    PromotionRefusedError: _promotion_refused,
    QuoteExpiredError: lambda _: gettext(
        "This offer no longer stands. This is your basket as it is today."
    ),
    QuoteNotYoursError: lambda _: gettext(
        "This offer was not made to you. Here is your own basket."
    ),
    SealedDayError: lambda _: gettext(
        "The shop's books are closed at this moment. Nothing is lost. Try again in a few minutes; if "
        "that does not help, please tell the shop."
    ),
    TerritoryUnknownError: _country_unknown,
    TooManyCardsError: _too_many_cards,
    TooManyPromotionsError: _too_many_promotions,
    TooManyTriesError: _too_many_tries,
    TopUpBeyondShortageError: _beyond_shortage,
    TopUpOutOfRangeError: _top_up_out_of_range,
    UnpaidPriceError: _unpaid_price,
    UnknownCountryError: lambda _: gettext("Choose a country from the list."),
    WalletShutError: _wallet_shut,
    WaiverMissingError: lambda _: gettext(
        "Nothing was bought yet. Tick the box if you want your download at once, and buy again."
    ),
}


def words_for(error: Exception) -> str:
    """What a listener is told of an error: what is wrong, and what to do.

    An error without a row of its own is told in the words that it was raised with.
    """
    for kind, words in _WORDS.items():
        if isinstance(error, kind):
            return words(error)
    return gettext(str(error))


def why_not(answer: NotCovered, territory: str | None) -> str:
    """Why a track is not sold, for the listener."""
    place = {"country": formats.country(territory)}
    if answer.why is Why.TERRITORY_UNKNOWN:
        return gettext("Tell us your country to see whether it is sold there.")
    if answer.why is Why.TERRITORY:
        return gettext("Not sold in %(country)s: no licence covers it there.") % place
    if answer.why is Why.BLOCKED:
        return gettext("Not sold in %(country)s: an authority has ordered so.") % place
    if answer.why is Why.SUSPENDED:
        return gettext("Not sold at the moment: its licence is suspended.")
    if answer.why is Why.NOT_YET and answer.opens_at is not None:
        return gettext("On sale from %(day)s.") % {"day": formats.day(answer.opens_at)}
    if answer.why is Why.ENDED and answer.ended_at is not None:
        return gettext("No longer sold: its licence ended on %(day)s.") % {
            "day": formats.day(answer.ended_at)
        }
    return gettext("Not sold: no licence covers it.")


def advice(family: str) -> str:
    """Whom a format is for, in a word; nothing for a format that nobody has thought of here."""
    known = {
        "MP3": gettext("plays everywhere"),
        "Opus": gettext("for your phone"),
        "Ogg Vorbis": gettext("open and well known"),
        "AAC": gettext("at home on Apple devices"),
        "FLAC": gettext("for your archive"),
        "Apple Lossless": gettext("an archive for Apple devices"),
        "WavPack": gettext("an archive for connoisseurs"),
        "WAV": gettext("for the studio, large"),
        "AIFF": gettext("for a Mac's studio, large"),
    }
    return known.get(family, "")


def master_in_words(master: MasterFacts) -> str:
    """`24-bit/96 kHz`, with `surround` or `mono` where it is not stereo."""
    rate = {"bits": master.bits_per_sample, "khz": formats.kilohertz(master.sample_rate_hz)}
    words = gettext("%(bits)s-bit/%(khz)s") % rate
    if master.channels == 1:
        return gettext("%(depth)s, mono") % {"depth": words}
    if master.channels > _STEREO:
        return gettext("%(depth)s, in surround") % {"depth": words}
    return words


def treatment_in_words(done: tuple[Treatment, ...], output: OutputFacts) -> str:
    """What is done to a recording, after "it is"."""
    known = {
        Treatment.MIXED_DOWN: gettext("mixed down to stereo (and so softer)"),
        Treatment.RESAMPLED: gettext("resampled to %(khz)s")
        % {"khz": formats.kilohertz(output.sample_rate_hz)},
        Treatment.DITHERED: gettext("dithered to %(bits)s bits") % {"bits": output.bits_per_sample},
    }
    return formats.listed([words for one, words in known.items() if one in done])


def reach_in_words(reach_hz: int | None) -> str:
    """How high the music reaches, to the half kilohertz; nothing where that is not known yet."""
    if reach_hz is None:
        return ""
    if reach_hz == 0:
        return gettext("Silence.")
    steps = _REACH_STEP_HZ
    told = formats.kilohertz((reach_hz + steps // 2) // steps * steps)
    return gettext("It reaches up to about %(khz)s.") % {"khz": told}


def declined(reason: str) -> str:
    """Why a card did not pay, as its gateway says it."""
    known = {
        "The card was declined.": gettext("The card was declined."),
        "There is not enough money on the card.": gettext("There is not enough money on the card."),
        "The bank declined the payment after a while.": gettext(
            "The bank declined the payment after a while."
        ),
        "The card was not charged.": gettext("The card was not charged."),
        "The card has expired.": gettext("The card has expired."),
        "The bank could not make sure that it was you.": gettext(
            "The bank could not make sure that it was you."
        ),
    }
    return known.get(reason, reason)


def movement(reason: str) -> str:
    """What a line of the wallet's book is called."""
    known = {
        "top-up": gettext("Top-up by card"),
        "bank": gettext("Bank transfer"),
        "gift": gettext("Gift"),
        "bonus": gettext("The shop's bonus"),
        "pay-back": gettext("Paid back to your card"),
        "dispute": gettext("Disputed with your bank"),
        "voucher": gettext("Voucher"),
        "refund": gettext("Refund"),
    }
    return known.get(reason, reason)
