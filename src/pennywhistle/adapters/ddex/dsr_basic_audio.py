"""The Basic Audio Profile 1.2, for who holds works: summaries, then a block for each track.

Part 3, with the records of part 8:
https://kb.ddex.net/implementing-each-standard/digital-sales-reporting-message-suite-(dsr)/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pennywhistle.adapters.ddex.dsr import (
    Profile,
    Summary,
    head,
    pattern_or_nothing,
    record,
    summarise,
)
from pennywhistle.kit.sales_reports import ReportedSale, SalesReport, SoldTrack

_PROFILE = Profile("BasicAudioProfile", "1.2")

_SUMMARY = (
    "RecordType",
    "SummaryRecordId",
    "DistributionChannel",
    "DistributionChannelDPID",
    "CommercialModel",
    "UseType",
    "Territory",
    "ServiceDescription",
    "Usages",
    "Users",
    "CurrencyOfReporting",
    "NetRevenue",
    "RightsController",
    "RightsControllerPartyId",
    "AllocatedUsages",
    "AllocatedRevenue",
    "AllocatedNetRevenue",
    "RightsType",
    "ContentCategory",
    "CurrencyOfTransaction",
    "ExchangeRate",
    "RightsTypePercentage",
)
_RELEASE = (
    "RecordType",
    "BlockId",
    "ReleaseReference",
    "DspReleaseId",
    "ProprietaryReleaseId",
    "CatalogNumber",
    "ICPN",
    "DisplayArtistName",
    "DisplayArtistPartyId",
    "Title",
    "SubTitle",
    "ReleaseType",
    "Label",
    "PLine",
    "DataProvider",
)
_RECORDING = (
    "RecordType",
    "BlockId",
    "ResourceReference",
    "DspResourceId",
    "ISRC",
    "Title",
    "SubTitle",
    "DisplayArtistName",
    "DisplayArtistPartyId",
    "Duration",
    "ResourceType",
    "IsMasterRecording",
)
_WORK = (
    "RecordType",
    "BlockId",
    "DspWorkId",
    "ISWC",
    "Title",
    "SubTitle",
    "ComposerAuthor",
    "ComposerAuthorPartyId",
    "Arranger",
    "ArrangerPartyId",
    "MusicPublisher",
    "MusicPublisherPartyId",
    "WorkContributor",
    "WorkContributorPartyId",
    "DataProvider",
    "ProprietaryWorkId",
)
_SALE = (
    "RecordType",
    "BlockId",
    "SummaryRecordId",
    "SalesTransactionId",
    "TransactedRelease",
    "TransactedResource",
    "IsRoyaltyBearing",
    "SalesUpgrade",
    "Usages",
    "Returns",
    "PriceConsumerPaidExcSalesTax",
    "PromotionalActivity",
)
_FOOT = (
    "RecordType",
    "NumberOfLinesInFile",
    "NumberOfLinesInReport",
    "NumberOfSummaryRecords",
    "NumberOfBlocksInFile",
    "NumberOfBlocksInReport",
)

# Within a block.
_RELEASE_REFERENCE, _RECORDING_REFERENCE = "R1", "A1"


def write_basic_audio(report: SalesReport) -> str:
    """The report as text, in one file."""
    summaries = summarise(report)
    body = [_summary(report, summary) for summary in summaries.values()]
    blocks = _by_track(report.sales)
    for number, (track, sales) in enumerate(blocks.items(), start=1):
        body += _block(str(number), track, sales, summaries)
    line_count = len(body) + 2
    foot = record(
        _FOOT,
        {
            "RecordType": "FOOT",
            "NumberOfLinesInFile": line_count,
            "NumberOfLinesInReport": line_count,
            "NumberOfSummaryRecords": len(summaries),
            "NumberOfBlocksInFile": len(blocks),
            "NumberOfBlocksInReport": len(blocks),
        },
    )
    return "".join((head(report, _PROFILE, body=body), *body, foot))


def _by_track(sales: Sequence[ReportedSale]) -> dict[SoldTrack, list[ReportedSale]]:
    found: dict[SoldTrack, list[ReportedSale]] = {}
    for sale in sales:
        found.setdefault(sale.track, []).append(sale)
    return {track: found[track] for track in sorted(found, key=lambda track: track.id)}


def _summary(report: SalesReport, summary: Summary) -> str:
    """All that the store sold there, and of it what the recipient holds and is owed."""
    turnover = report.turnover[summary.territory]
    return record(
        _SUMMARY,
        {
            "RecordType": "SY02.02",
            "SummaryRecordId": summary.id,
            "CommercialModel": "PayAsYouGoModel",
            "UseType": "PermanentDownload",
            "Territory": summary.territory,
            "ServiceDescription": report.service,
            "Usages": turnover.usages,
            "CurrencyOfReporting": report.currency,
            "NetRevenue": turnover.net_revenue,
            "RightsController": report.recipient.name,
            "RightsControllerPartyId": f"DPID::{report.recipient.party_id}",
            "AllocatedUsages": summary.usages,
            "AllocatedRevenue": summary.owed,
            "AllocatedNetRevenue": summary.net_revenue,
            "ContentCategory": "Music",
        },
    )


def _block(
    block_id: str,
    track: SoldTrack,
    sales: Sequence[ReportedSale],
    summaries: Mapping[str, Summary],
) -> list[str]:
    return [
        _release(block_id, track),
        _recording(block_id, track),
        _work(block_id, track),
        *(_sale(block_id, sale, summaries[sale.territory].id) for sale in sales),
    ]


def _release(block_id: str, track: SoldTrack) -> str:
    return record(
        _RELEASE,
        {
            "RecordType": "RE01",
            "BlockId": block_id,
            "ReleaseReference": _RELEASE_REFERENCE,
            "DspReleaseId": track.release_id,
            "ICPN": pattern_or_nothing(track.icpn, "[0-9]{12,14}"),
            "DisplayArtistName": track.release_artist,
            "Title": track.release_title,
            "Label": track.label,
            "PLine": track.p_line,
        },
    )


def _recording(block_id: str, track: SoldTrack) -> str:
    return record(
        _RECORDING,
        {
            "RecordType": "AS01.01",
            "BlockId": block_id,
            "ResourceReference": _RECORDING_REFERENCE,
            "DspResourceId": track.id,
            "ISRC": pattern_or_nothing(track.isrc, "[a-zA-Z]{2}[a-zA-Z0-9]{3}[0-9]{7}"),
            "Title": track.title,
            "DisplayArtistName": track.artist,
            "Duration": _duration(track.duration_ms),
            "ResourceType": "SoundRecording",
        },
    )


def _work(block_id: str, track: SoldTrack) -> str:
    return record(
        _WORK,
        {
            "RecordType": "MW01.01",
            "BlockId": block_id,
            "DspWorkId": track.work_id,
            "ISWC": pattern_or_nothing(track.iswc, "T[0-9]{10}"),
            "Title": track.work_title,
            "ComposerAuthor": track.composer,
        },
    )


def _sale(block_id: str, sale: ReportedSale, summary_id: str) -> str:
    return record(
        _SALE,
        {
            "RecordType": "SU01",
            "BlockId": block_id,
            "SummaryRecordId": summary_id,
            "SalesTransactionId": sale.transaction_id,
            "TransactedResource": _RECORDING_REFERENCE,
            "IsRoyaltyBearing": bool(sale.due),
            "SalesUpgrade": sale.is_upgrade,
            "Usages": sale.usages,
            "Returns": int(sale.is_refund),
            "PriceConsumerPaidExcSalesTax": sale.net_price,
        },
    )


def _duration(duration_ms: int) -> str:
    """ISO 8601, `PT1H2M3.5S`, in whole milliseconds."""
    seconds, ms = divmod(duration_ms, 1_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{ms:03}".rstrip("0") if ms else ""
    return f"PT{hours}H{minutes}M{seconds}{fraction}S"
