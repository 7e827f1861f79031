"""The words that DDEX allows for uses and commercial models, in any version that is read.

https://service.ddex.net/dd/DD-AVS-001/dd/ern_UseType.html and …/ern_CommercialModelType.html
"""

from __future__ import annotations

USES = frozenset(
    [
        "AsPerContract",
        "Broadcast",
        "Cable",
        "ConditionalDownload",
        "ContentInfluencedStream",
        "Display",
        "Download",
        "Dub",
        "DubForAdvertisement",
        "DubForLivePerformance",
        "DubForMovies",
        "DubForMusicOnHold",
        "DubForOnDemandStreaming",
        "DubForPublicPerformance",
        "DubForRadio",
        "DubForTV",
        "ExtractForInternet",
        "KioskDownload",
        "Narrowcast",
        "NonInteractiveStream",
        "OnDemandStream",
        "Perform",
        "PerformAsMusicOnHold",
        "PerformInLivePerformance",
        "PerformInPublic",
        "PermanentDownload",
        "Playback",
        "PlayInPublic",
        "Podcast",
        "Print",
        "PrivateCopy",
        "PurchaseAsPhysicalProduct",
        "Rent",
        "Simulcast",
        "Stream",
        "TetheredDownload",
        "TimeInfluencedStream",
        "Unknown",
        "Use",
        "UseAsAlertTone",
        "UseAsDevice",
        "UseAsKaraoke",
        "UseAsRingbackTone",
        "UseAsRingbackTune",
        "UseAsRingtone",
        "UseAsRingtune",
        "UseAsScreensaver",
        "UseAsVoiceMail",
        "UseAsWallpaper",
        "UseForIdentification",
        "UseInMobilePhoneMessaging",
        "UseInPhoneListening",
        "UserDefined",
        "UserMakeAvailableLabelProvided",
        "UserMakeAvailableUserProvided",
        "Webcast",
    ]
)

MODELS = frozenset(
    [
        "AdvertisementSupportedModel",
        "AsPerContract",
        "DeviceFeeModel",
        "FreeOfChargeModel",
        "PayAsYouGoModel",
        "PerformanceRoyaltiesModel",
        "RightsClaimModel",
        "SubscriptionModel",
        "Unknown",
        "UserDefined",
    ]
)
