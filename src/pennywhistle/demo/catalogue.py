"""What the demo shop sells: two labels, four artists, six releases, and who licensed them.

Every name here is invented, and so is every number: UPCs begin with 2, which GS1 keeps for use
within one company (https://www.gs1.org/standards/id-keys/company-prefix), so none can meet a
real product; ISRCs use the prefix `ZZ` with the made-up registrant `PW0`, well formed and never
issued to us. The tunes alone are real, and belong to everyone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pennywhistle.demo.perform import Arrangement, Backing, Round

CURRENCY = "EUR"

LANTERN_ROW = "Lantern Row Records"
SALTMARSH = "Saltmarsh Tapes"

TALLOW_LANE = "The Tallow Lane Band"
LARKSPUR = "Maeve Larkspur"
ASHGROVE = "Corrin Ashgrove"
QUAYSIDE = "Quayside Four"


@dataclass(frozen=True, slots=True)
class DemoTrack:
    """A recording: `tune` is its key in the tunebook."""

    title: str
    isrc: str
    tune: str
    arrangement: Arrangement
    composer: str = "Trad."


@dataclass(frozen=True, slots=True)
class DemoRelease:
    """A release as its label delivers it. `cover` is the key of its cover; `date` is ISO 8601.

    `bits_per_sample` is the depth of its masters.
    """

    title: str
    artist: str
    label: str
    upc: str
    date: str
    genre: str
    p_line: str
    c_line: str
    cover: str
    tracks: tuple[DemoTrack, ...]
    bits_per_sample: int = 16


@dataclass(frozen=True, slots=True)
class DemoLabel:
    """A label, and the line it says about itself."""

    name: str
    about: str


@dataclass(frozen=True, slots=True)
class DemoLicensor:
    """Who grants licences."""

    name: str
    kind: Literal["society", "label", "artist"]


@dataclass(frozen=True, slots=True)
class DemoLicence:
    """A licence as the operator would type it in.

    `repertoire` is empty for the whole, else a label's name, a UPC or an ISRC. `territories` is
    text that `TerritorySet.parse` reads. Instants are ISO 8601 in UTC; the period is half-open.
    """

    licensor: str
    right: Literal["RECORDING", "WORK"]
    repertoire_kind: Literal["whole", "label", "release", "track"]
    repertoire: str
    territories: str
    starts: str
    ends: str | None
    rate: str
    document_reference: str
    base: Literal["gross", "net-of-tax"] = "net-of-tax"
    floor_per_track: str | None = None
    uses: tuple[Literal["DOWNLOAD", "PREVIEW"], ...] = ("DOWNLOAD", "PREVIEW")
    preview_seconds: str = "30"


LABELS = (
    DemoLabel(LANTERN_ROW, "Dance tunes and slow airs, recorded above a chandler's shop."),
    DemoLabel(SALTMARSH, "Small editions from the estuary: tape first, files later."),
)

_GUITAR, _BOUZOUKI, _HARP = (Backing.GUITAR,), (Backing.BOUZOUKI,), (Backing.HARP,)
_BAND = (Backing.GUITAR, Backing.BODHRAN)
_JIG = Arrangement(114, (Round(_GUITAR, ornaments=0.3), Round(_BAND, ornaments=0.7)))
_JIG_DRUM = Arrangement(
    110, (Round((Backing.BODHRAN,), ornaments=0.3), Round(_BAND, ornaments=0.7)), room=0.24
)
_REEL = Arrangement(196, (Round(_GUITAR, ornaments=0.3), Round(_BAND, ornaments=0.7)))
_REEL_ALONE = Arrangement(
    188, (Round((), False, 0.3), Round(_BAND, ornaments=0.7), Round(_BAND, False, 0.7)), room=0.24
)
_HORNPIPE = Arrangement(154, (Round(_BOUZOUKI, ornaments=0.3), Round(_BOUZOUKI, False, 0.6)))
_HORNPIPE_REEDS = Arrangement(148, (Round((Backing.DRONE, *_BOUZOUKI), ornaments=0.45),), room=0.26)
_POLKA = Arrangement(
    134, (Round(_GUITAR, ornaments=0.2), Round(_BAND, ornaments=0.5), Round(_BAND, False, 0.5))
)
_POLKA_DRUM = Arrangement(
    130, (Round((Backing.BODHRAN, *_BOUZOUKI), ornaments=0.3), Round(_BAND, ornaments=0.6))
)


def _air(tempo_bpm: float, *rounds: Round, transpose: int = 0, room: float = 0.42) -> Arrangement:
    return Arrangement(tempo_bpm, rounds, transpose, room)


_LAMPLIGHT = DemoRelease(
    title="Lamplight & Rosin",
    artist=TALLOW_LANE,
    label=LANTERN_ROW,
    upc="200000000011",
    date="2026-03-13",
    genre="Irish Traditional",
    p_line="℗ 2026 Lantern Row Records",
    c_line="© 2026 Lantern Row Records",
    cover="lamplight",
    tracks=(
        DemoTrack("The Kesh", "ZZPW02600001", "kesh", _JIG),
        DemoTrack("Morrison's", "ZZPW02600002", "morrisons", _JIG_DRUM),
        DemoTrack("Drowsy Maggie", "ZZPW02600003", "drowsy_maggie", _REEL_ALONE),
        DemoTrack("The Swallowtail", "ZZPW02600004", "swallowtail", _JIG),
        DemoTrack("The Wind That Shakes the Barley", "ZZPW02600005", "barley", _REEL),
        DemoTrack("The Irish Washerwoman", "ZZPW02600006", "washerwoman", _JIG_DRUM),
    ),
)

_SMALL_HOURS = DemoRelease(
    title="The Small Hours",
    artist=LARKSPUR,
    label=LANTERN_ROW,
    upc="200000000028",
    date="2026-06-05",
    genre="Celtic",
    p_line="℗ 2026 Lantern Row Records",
    c_line="© 2026 Maeve Larkspur, under licence to Lantern Row Records",
    bits_per_sample=24,
    cover="small-hours",
    tracks=(
        DemoTrack(
            "Sí Bheag, Sí Mhór",
            "ZZPW02600007",
            "si_bheag",
            _air(100, Round(_HARP, False, 0.2), Round(_HARP, False, 0.5)),
            "Turlough O'Carolan",
        ),
        DemoTrack(
            "The Star of the County Down",
            "ZZPW02600008",
            "county_down",
            _air(126, Round((), ornaments=0.2), Round(_HARP, ornaments=0.4)),
        ),
        DemoTrack(
            "Planxty Irwin",
            "ZZPW02600009",
            "planxty_irwin",
            _air(124, Round(_HARP, ornaments=0.4), transpose=12, room=0.34),
            "Turlough O'Carolan",
        ),
        DemoTrack(
            "The Londonderry Air",
            "ZZPW02600010",
            "londonderry",
            _air(70, Round((*_HARP, Backing.DRONE), ornaments=0.3)),
        ),
        DemoTrack(
            "Endearing Young Charms",
            "ZZPW02600011",
            "young_charms",
            _air(104, Round(_HARP, ornaments=0.3)),
        ),
    ),
)

_SALT = DemoRelease(
    title="Salt on the Sill",
    artist=ASHGROVE,
    label=SALTMARSH,
    upc="200000000035",
    date="2026-09-18",
    genre="Folk",
    p_line="℗ 2026 Saltmarsh Tapes",
    c_line="© 2026 Saltmarsh Tapes",
    cover="salt",
    tracks=(
        DemoTrack("Harvest Home", "ZZPW02600012", "harvest_home", _HORNPIPE),
        DemoTrack("The Boys of Bluehill", "ZZPW02600013", "bluehill", _HORNPIPE_REEDS),
        DemoTrack("Off to California", "ZZPW02600014", "california", _HORNPIPE),
        DemoTrack("Fisher's Hornpipe", "ZZPW02600015", "fishers", _HORNPIPE),
        DemoTrack("The Rights of Man", "ZZPW02600016", "rights_of_man", _HORNPIPE_REEDS),
        DemoTrack("The Liverpool Hornpipe", "ZZPW02600017", "liverpool", _HORNPIPE),
    ),
)

_LINO = DemoRelease(
    title="Dancing on the Lino",
    artist=QUAYSIDE,
    label=LANTERN_ROW,
    upc="200000000042",
    date="2025-11-28",
    genre="Folk",
    p_line="℗ 2025 Lantern Row Records",
    c_line="© 2025 Lantern Row Records",
    cover="lino",
    tracks=(
        DemoTrack("Egan's Polka", "ZZPW02500001", "egans", _POLKA),
        DemoTrack("The Britches Full of Stitches", "ZZPW02500002", "britches", _POLKA_DRUM),
        DemoTrack("The Rakes of Mallow", "ZZPW02500003", "rakes_of_mallow", _POLKA),
        DemoTrack(
            "The Keel Row",
            "ZZPW02500004",
            "keel_row",
            Arrangement(112, (Round((), ornaments=0.2), Round(_BAND), Round(_BAND, True, 0.6))),
        ),
    ),
)

_OVER_THE_FIRTH = DemoRelease(
    title="Over the Firth",
    artist=LARKSPUR,
    label=SALTMARSH,
    upc="200000000059",
    date="2021-04-09",
    genre="Celtic",
    p_line="℗ 2021 Saltmarsh Tapes",
    c_line="© 2021 Saltmarsh Tapes",
    cover="firth",
    tracks=(
        DemoTrack(
            "Ye Banks and Braes",
            "ZZPW02100001",
            "ye_banks",
            _air(96, Round((Backing.DRONE, *_HARP), ornaments=0.3)),
        ),
        DemoTrack(
            "Auld Lang Syne",
            "ZZPW02100002",
            "auld_lang_syne",
            _air(80, Round(_HARP, ornaments=0.3)),
        ),
    ),
)

_FAIRIES = DemoRelease(
    title="The King of the Fairies",
    artist=ASHGROVE,
    label=SALTMARSH,
    upc="200000000066",
    date="2026-11-06",
    genre="Folk",
    p_line="℗ 2026 Saltmarsh Tapes",
    c_line="© 2026 Saltmarsh Tapes",
    cover="fairies",
    tracks=(
        DemoTrack(
            "The King of the Fairies", "ZZPW02600018", "king_of_the_fairies", _HORNPIPE_REEDS
        ),
        DemoTrack(
            "Greensleeves",
            "ZZPW02600019",
            "greensleeves",
            _air(58, Round((), ornaments=0.2), Round(_HARP, ornaments=0.4), room=0.36),
        ),
    ),
)

RELEASES = (_LAMPLIGHT, _SMALL_HOURS, _SALT, _LINO, _OVER_THE_FIRTH, _FAIRIES)

MERIDIAN = "Meridian Performing & Mechanical Society"
PRAIRIE = "Prairie & Harbour Authors' Guild"

LICENSORS = (
    DemoLicensor(MERIDIAN, "society"),
    DemoLicensor(PRAIRIE, "society"),
    DemoLicensor(LANTERN_ROW, "label"),
    DemoLicensor(SALTMARSH, "label"),
    DemoLicensor(LARKSPUR, "artist"),
)

# Meridian speaks for the works in these countries, the Guild everywhere else.
_MERIDIAN_COUNTRIES = (
    "AT,BE,BG,CH,CY,CZ,DE,DK,EE,ES,FI,FR,GB,GR,HR,HU,IE,IS,IT,LI,LT,LU,LV,MT,NL,NO,PL,PT,RO,SE,"
    "SI,SK"
)

_HEARD_WHOLE: tuple[tuple[str, Literal["RECORDING", "WORK"]], ...] = (
    (LANTERN_ROW, "RECORDING"),
    (MERIDIAN, "WORK"),
)

LICENCES = (
    DemoLicence(
        licensor=MERIDIAN,
        right="WORK",
        repertoire_kind="whole",
        repertoire="",
        territories=_MERIDIAN_COUNTRIES,
        starts="2021-01-01T00:00:00Z",
        ends=None,
        rate="15/100",
        document_reference="MPMS online tariff 7, schedule B",
    ),
    DemoLicence(
        licensor=PRAIRIE,
        right="WORK",
        repertoire_kind="whole",
        repertoire="",
        territories=f"all-but {_MERIDIAN_COUNTRIES}",
        starts="2021-01-01T00:00:00Z",
        ends=None,
        rate="8/100",
        floor_per_track="0.01",
        document_reference="PHAG download agreement 2021/114",
    ),
    DemoLicence(
        licensor=LANTERN_ROW,
        right="RECORDING",
        repertoire_kind="label",
        repertoire=LANTERN_ROW,
        territories="worldwide",
        starts="2025-11-01T00:00:00Z",
        ends=None,
        rate="65/100",
        document_reference="Lantern Row master licence, 2025-10-20",
    ),
    DemoLicence(
        licensor=SALTMARSH,
        right="RECORDING",
        repertoire_kind="release",
        repertoire=_SALT.upc,
        territories="all-but FR,JP",
        starts="2026-01-01T00:00:00Z",
        ends=None,
        rate="70/100",
        document_reference="Saltmarsh letter of 2025-12-12, item 1",
    ),
    *(
        DemoLicence(
            licensor=LARKSPUR,
            right="RECORDING",
            repertoire_kind="track",
            repertoire=track.isrc,
            territories="worldwide",
            starts="2021-04-01T00:00:00Z",
            ends="2025-12-31T00:00:00Z",
            rate="60/100",
            document_reference="Larkspur, Over the Firth, five years",
        )
        for track in _OVER_THE_FIRTH.tracks
    ),
    DemoLicence(
        licensor=SALTMARSH,
        right="RECORDING",
        repertoire_kind="release",
        repertoire=_FAIRIES.upc,
        territories="worldwide",
        starts="2027-03-01T00:00:00Z",
        ends=None,
        rate="70/100",
        document_reference="Saltmarsh letter of 2026-10-02: on tape first, here from March",
    ),
    # Both sides agreed that this release may be heard whole before it is bought.
    *(
        DemoLicence(
            licensor=licensor,
            right=right,
            repertoire_kind="release",
            repertoire=_SMALL_HOURS.upc,
            territories=_MERIDIAN_COUNTRIES,
            starts="2026-06-05T00:00:00Z",
            ends=None,
            rate="1/100",
            document_reference="Joint letter of 2026-05-20: heard whole",
            uses=("PREVIEW",),
            preview_seconds="whole",
        )
        for licensor, right in _HEARD_WHOLE
    ),
)
