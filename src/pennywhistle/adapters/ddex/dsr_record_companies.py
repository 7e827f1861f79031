"""Financial Reporting to Record Companies 1.0, for who holds recordings: one record a sale.

Part 9, in its variant of single records:
https://kb.ddex.net/implementing-each-standard/digital-sales-reporting-message-suite-(dsr)/
"""

from __future__ import annotations

from pennywhistle.adapters.ddex.dsr import (
    Cell,
    Profile,
    Summary,
    head,
    instant_text,
    pattern_or_nothing,
    record,
    summarise,
)
from pennywhistle.kit.money import Money
from pennywhistle.kit.sales_reports import ReportedSale, SalesReport, SoldTrack

_PROFILE = Profile("FinancialReportingToRecordCompaniesProfileSRB", "1.0")

# Amounts come in pairs. This store accounts in the currency that it sells in, so both are the same.
_OF_TRANSACTION, _OF_ACCOUNTING = "InCurrencyOfTransaction", "InCurrencyOfAccounting"


def _pair(name: str) -> tuple[str, str]:
    return name + _OF_TRANSACTION, name + _OF_ACCOUNTING


_SUMMARY = (
    "RecordType",
    "SummaryRecordId",
    "DistributionChannelName",
    "DistributionChannelDPID",
    "CommercialModel",
    "UseType",
    "ReportingPeriodStartDate",
    "ReportingPeriodEndDate",
    "SubscriberType",
    "Subscribers",
    "ActiveSubscribers",
    "PromotionalActivity",
    "Territory",
    "ServiceDescription",
    "OfferType",
    "Quality",
    "Usages",
    "AllocatedUsages",
    "Returns",
    "MusicUsageRatio",
    "CurrencyOfTransaction",
    "CurrencyOfAccounting",
    "ExchangeRate",
    "ExchangeRateSource",
    "DateOfCurrencyExchange",
    *_pair("GrossRevenue"),
    "CalculationType",
    "CalculationValue",
    "DeductionType",
    *_pair("Deductions"),
    *_pair("NetRevenue"),
    *_pair("AllocatedRevenue"),
    *_pair("AllocatedNetRevenue"),
    "RightsControllerMarketShare",
    *_pair("SubscriptionFee"),
    "UsageIndependentFeeType",
    *_pair("UsageIndependentFee"),
    *_pair("FinalTotalAmount"),
)
_SALE = (
    "RecordType",
    "SalesTransactionId",
    "ReleaseGRid",
    "ReleaseICPN",
    "DspReleaseId",
    "LabelReleaseId",
    "ProprietaryReleaseId",
    "ReleaseContextReleaseGRid",
    "ReleaseType",
    "ReleaseTitle",
    "ReleaseSubTitle",
    "ReleaseDisplayArtistName",
    "ReleaseDisplayArtistPartyId",
    "ResourceISRC",
    "ResourceISAN",
    "DspResourceId",
    "LabelResourceId",
    "ProprietaryResourceId",
    "ResourceContextReleaseGRid",
    "ResourceType",
    "ResourceTitle",
    "ResourceSubTitle",
    "ResourceDisplayArtistName",
    "ResourceDisplayArtistPartyId",
    "SummaryRecordId",
    "SalesTransactionDate",
    "TotalUsages",
    "Returns",
    "NetUsage",
    *_pair("WholesalePrice"),
    *_pair("SuggestedConsumerPrice"),
    "PriceType",
    "PriceRangeType",
    *_pair("PriceConsumerPaidExcSalesTax"),
    "DeductionType",
    *_pair("Deductions"),
    "RightSharePercentage",
    *_pair("CalculatedUnitPrice"),
    *_pair("AllocatedRevenue"),
    *_pair("AllocatedNetRevenue"),
    "CopyrightObligationWithDSP",
)
_FOOT = ("RecordType", "NumberOfLinesInReport", "NumberOfSummaryRecords")

# https://kb.ddex.net/implementing-each-standard/best-practices-for-all-ddex-standards/general-guidance-on-messages/communication-of-percentages
_ALL_PERCENT = 100


def write_record_companies(report: SalesReport) -> str:
    """The report as text, in one file."""
    summaries = summarise(report)
    body = [_summary(report, summary) for summary in summaries.values()]
    body += [_sale(sale, summaries[sale.territory].id) for sale in report.sales]
    foot = record(
        _FOOT,
        {
            "RecordType": "SRFO",
            "NumberOfLinesInReport": len(body) + 2,
            "NumberOfSummaryRecords": len(summaries),
        },
    )
    return "".join((head(report, _PROFILE, body=body), *body, foot))


def _in_both(amounts: dict[str, Money | int]) -> dict[str, Cell]:
    """Each amount in the currency of the transaction and in that of accounting, which are the same."""
    return {cell: amount for name, amount in amounts.items() for cell in _pair(name)}


def _summary(report: SalesReport, summary: Summary) -> str:
    """All that the store sold there, and of it what the recipient holds and is owed."""
    turnover = report.turnover[summary.territory]
    cells: dict[str, Cell] = {
        "RecordType": "SY10",
        "SummaryRecordId": summary.id,
        "CommercialModel": "PayAsYouGoModel",
        "UseType": "PermanentDownload",
        "ReportingPeriodStartDate": report.starts_on,
        "ReportingPeriodEndDate": report.ends_on,
        "Territory": summary.territory,
        "ServiceDescription": report.service,
        "Usages": turnover.usages,
        "AllocatedUsages": summary.usages,
        "Returns": summary.returns,
        "MusicUsageRatio": _ALL_PERCENT,
        "CurrencyOfTransaction": report.currency,
        "CurrencyOfAccounting": report.currency,
        "ExchangeRate": 1,
        "DateOfCurrencyExchange": instant_text(report.created_at),
        "SubscriptionFee" + _OF_ACCOUNTING: 0,
    }
    amounts: dict[str, Money | int] = {
        "Deductions": 0,
        "NetRevenue": turnover.net_revenue,
        "AllocatedRevenue": summary.owed,
        "AllocatedNetRevenue": summary.net_revenue,
        "FinalTotalAmount": summary.owed,
    }
    return record(_SUMMARY, cells | _in_both(amounts))


def _sale(sale: ReportedSale, summary_id: str) -> str:
    cells: dict[str, Cell] = {
        "RecordType": "SR08",
        "SalesTransactionId": sale.transaction_id,
        "SummaryRecordId": summary_id,
        "SalesTransactionDate": sale.happened_on,
        "TotalUsages": int(not sale.is_refund),
        "Returns": int(sale.is_refund),
        "NetUsage": sale.usages,
        "PriceType": sale.recipe,
        "RightSharePercentage": _ALL_PERCENT,
        "CopyrightObligationWithDSP": sale.store_pays_work,
    }
    amounts: dict[str, Money | int] = {
        "PriceConsumerPaidExcSalesTax": sale.net_price,
        "CalculatedUnitPrice": sale.due,
        "AllocatedRevenue": sale.owed,
        "AllocatedNetRevenue": sale.net_revenue,
    }
    return record(_SALE, cells | _track(sale.track) | _in_both(amounts))


def _track(track: SoldTrack) -> dict[str, Cell]:
    return {
        "ReleaseICPN": pattern_or_nothing(track.icpn, "[0-9]{12,14}"),
        "DspReleaseId": track.release_id,
        "ReleaseTitle": track.release_title,
        "ReleaseDisplayArtistName": track.release_artist,
        "ResourceISRC": pattern_or_nothing(track.isrc, "[a-zA-Z]{2}[a-zA-Z0-9]{3}[0-9]{7}"),
        "DspResourceId": track.id,
        "ResourceType": "SoundRecording",
        "ResourceTitle": track.title,
        "ResourceDisplayArtistName": track.artist,
    }
