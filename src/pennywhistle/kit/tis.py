"""CISAC's Territory Information System: groups of countries, and countries by number.

As of 2024-12, groups without the members that have left them. The system knows 201 countries; its
World lacks the 48 territories that ISO 3166-1 lists beside them, such as Greenland or Jersey.
https://www.cisac.org/services/information-services/tis
https://github.com/musicmetadata/territories (24.12: what the tests compare this table with)
"""

from __future__ import annotations

# The version of the table, as it is kept with what was expanded by it.
VERSION = "TIS 2024-12"

_GROUPS = {
    "2AF": (
        "2100",
        (
            "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY "
            "MA MG ML MR MU MW MZ NA NE NG RW SC SD SL SN SO SS ST SZ TD TG TN TZ UG ZA ZM ZW "
        ),
    ),  # Africa
    "2AM": (
        "2101",
        (
            "AG AR BB BO BR BS BZ CA CL CO CR CU DM DO EC GD GT GY HN HT JM KN LC MX NI PA PE PR "
            "PY SR SV TT US UY VC VE "
        ),
    ),  # America
    "2AC": (
        "2102",
        "AR BO BR BZ CA CL CO CR EC GT GY HN MX NI PA PE PY SR SV US UY VE ",
    ),  # American Continent
    "2AN": ("2103", "AG BB CU DM DO GD HT JM KN LC PR TT VC "),  # Antilles
    "2AP": (
        "2104",
        "AU BN CA CL CN HK ID JP KR MO MX MY NZ PE PG PH PR RU SG TH TW US VN ",
    ),  # Apec Countries
    "2AE": ("2105", "BN ID KH LA MM MY PH SG TH VN "),  # Asean Countries
    "2AS": (
        "2106",
        (
            "AE AF AM AZ BD BH BN BT CN CY GE HK ID IL IN IQ IR JO JP KG KH KP KR KW KZ LA LB LK "
            "MM MN MO MV MY NP OM PH PK QA SA SG SY TH TJ TL TM TR TW UZ VN YE "
        ),
    ),  # Asia
    "2AA": ("2107", "AU FJ NC NZ SB VU "),  # Australasia
    "2BA": ("2108", "AL BA BG GR HR ME MK RO RS SI "),  # Balkans
    "2BS": ("2109", "EE LT LV "),  # Baltic States
    "2BE": ("2110", "BE LU NL "),  # Benelux
    "2BI": ("2111", "GB IE "),  # British Isles
    "2BW": ("2112", "AG BB BS DM GD JM KN LC TT VC "),  # British West Indies
    "2CA": ("2113", "BZ CR GT HN NI PA SV "),  # Central America
    "2CO": (
        "2114",
        (
            "AG AU BB BD BN BS BW BZ CA CM CY DM FJ GB GD GH GM GY IN JM KE KI KN LC LK LS MT MU "
            "MV MW MY MZ NA NG NR NZ PG PK SB SC SG SL SZ TO TT TV TZ UG VC VU WS ZA ZM "
        ),
    ),  # Commonwealth
    "2CF": (
        "2115",
        "BW CM GH GM KE LS MU MW MZ NA NG SC SL SZ TZ UG ZA ZM ",
    ),  # Commonwealth African Territories
    "2CS": ("2116", "BD BN CY IN LK MV MY PK SG "),  # Commonwealth Asian Territories
    "2CU": ("2117", "AU FJ NZ SB VU "),  # Commonwealth Australasian Territories
    "2CI": ("2118", "AM AZ BY KG KZ MD RU TJ TM UZ "),  # Commonwealth Of Independent States
    "2EE": ("2119", "AL BG BY CZ EE HU LT LV MD PL RO RU SK UA "),  # Eastern Europe
    "2EU": (
        "2120",
        (
            "AD AL AT BA BE BG BY CH CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MC MD "
            "ME MK MT NL NO PL PT RO RS RU SE SI SK SM UA VA "
        ),
    ),  # Europe
    "2EM": (
        "2121",
        "AT BE BG CY CZ DE DK EE ES FI FR GR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK ",
    ),  # European Economic Area
    "2EC": (
        "2122",
        (
            "AD AL AT BA BE BG BY CH CZ DE DK EE ES FI FR GR HR HU IT LI LT LU LV MC MD ME MK NL "
            "NO PL PT RO RS RU SE SI SK SM UA VA "
        ),
    ),  # European Continent
    "2EN": (
        "2123",
        "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK ",
    ),  # European Union
    "2GC": ("2124", "AT CH DE "),  # Gsa Countries
    "2ME": ("2125", "AE AF BD BH BT IN IQ IR JO KW LK MN MV NP OM PK QA SA YE "),  # Middle East
    "2NT": ("2126", "CA MX PR US "),  # Nafta Countries
    "2NC": ("2127", "DK FI IS NO SE "),  # Nordic Countries
    "2NF": ("2128", "DZ EG LY MA TN "),  # North Africa
    "2NA": ("2129", "CA MX US "),  # North America
    "2OC": ("2130", "AU FJ FM KI MH NC NR NZ PF PG PW SB TO TV VU WS "),  # Oceania
    "2SC": ("2131", "DK NO SE "),  # Scandinavia
    "2SA": ("2132", "AR BO BR CL CO EC GY PE PY SR UY VE "),  # South America
    "2SE": ("2133", "BN ID KH LA MM MY PH SG TH TL VN "),  # South East Asia
    "2WI": ("2134", "AG BB BS CU DM DO GD HT JM KN LC PR TT VC "),  # West Indies
    "2WL": (
        "2136",
        (
            "AD AE AF AG AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ "
            "CA CD CF CG CH CI CL CM CN CO CR CU CV CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET "
            "FI FJ FM FR GA GB GD GE GH GM GN GQ GR GT GW GY HK HN HR HT HU ID IE IL IN IQ IR IS "
            "IT JM JO JP KE KG KH KI KM KN KP KR KW KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD "
            "ME MG MH MK ML MM MN MO MR MT MU MV MW MX MY MZ NA NC NE NG NI NL NO NP NR NZ OM PA "
            "PE PF PG PH PK PL PR PT PW PY QA RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR "
            "SS ST SV SY SZ TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VN VU "
            "WS YE ZA ZM ZW "
        ),
    ),  # World
}

# Countries by ISO's letters, each with the number that TIS gives it.
_COUNTRIES = (
    "AD020 AE784 AF004 AG028 AL008 AM051 AO024 AR032 AT040 AU036 AZ031 BA070 BB052 BD050 BE056 "
    "BF854 BG100 BH048 BI108 BJ204 BN096 BO068 BR076 BS044 BT064 BW072 BY112 BZ084 CA124 CD180 "
    "CF140 CG178 CH756 CI384 CL152 CM120 CN156 CO170 CR188 CU192 CV132 CY196 CZ203 DE276 DJ262 "
    "DK208 DM212 DO214 DZ012 EC218 EE233 EG818 EH732 ER232 ES724 ET231 FI246 FJ242 FM583 FR250 "
    "GA266 GB826 GD308 GE268 GH288 GM270 GN324 GQ226 GR300 GT320 GW624 GY328 HK344 HN340 HR191 "
    "HT332 HU348 ID360 IE372 IL376 IN356 IQ368 IR364 IS352 IT380 JM388 JO400 JP392 KE404 KG417 "
    "KH116 KI296 KM174 KN659 KP408 KR410 KW414 KZ398 LA418 LB422 LC662 LI438 LK144 LR430 LS426 "
    "LT440 LU442 LV428 LY434 MA504 MC492 MD498 ME499 MG450 MH584 MK807 ML466 MM104 MN496 MO446 "
    "MR478 MT470 MU480 MV462 MW454 MX484 MY458 MZ508 NA516 NC540 NE562 NG566 NI558 NL528 NO578 "
    "NP524 NR520 NZ554 OM512 PA591 PE604 PF258 PG598 PH608 PK586 PL616 PR630 PT620 PW585 PY600 "
    "QA634 RO642 RS688 RU643 RW646 SA682 SB090 SC690 SD729 SE752 SG702 SI705 SK703 SL694 SM674 "
    "SN686 SO706 SR740 SS728 ST678 SV222 SY760 SZ748 TD148 TG768 TH764 TJ762 TL626 TM795 TN788 "
    "TO776 TR792 TT780 TV798 TW158 TZ834 UA804 UG800 US840 UY858 UZ860 VA336 VC670 VE862 VN704 "
    "VU548 WS882 YE887 ZA710 ZM894 ZW716 "
)

# Groups by letters, each the countries in it: `GROUPS["2BE"]` is Belgium, the Netherlands, Luxembourg.
GROUPS = {code: frozenset(members.split()) for code, (_, members) in _GROUPS.items()}

# What stands for a country or a group, by its number in four digits: `0276` is DE, `2136` is 2WL.
NUMBERS = {
    **{f"{int(each[2:]):04}": each[:2] for each in _COUNTRIES.split()},
    **{number: code for code, (number, _) in _GROUPS.items()},
}

# Countries that are no more, by the letters or the number that they had, and what is there now: the
# whole of it, whoever the successors in law are.
# https://www.iso.org/standard/72482.html (ISO 3166-3), and TIS for the numbers
FORMER = {
    code: frozenset(now.split())
    for codes, now in (
        ("AN", "BQ CW SX"),
        ("BU", "MM"),
        ("CS", "CZ SK ME RS"),  # Czechoslovakia until 1992, and Serbia and Montenegro after it.
        ("0200", "CZ SK"),
        ("0891", "ME RS"),
        ("DD 0278 0280", "DE"),
        ("0230", "ER ET"),
        ("FX", "FR"),
        ("SU 0810", "AM AZ BY EE GE KG KZ LT LV MD RU TJ TM UA UZ"),
        ("0736", "SD SS"),
        ("TP", "TL"),
        ("YD 0720 0886", "YE"),
        ("YU 0890", "BA HR ME MK RS SI"),
        ("ZR", "CD"),
        (
            "2EY",
            "AT BE BG CY CZ DE DK EE ES FI FR GB GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK",
        ),
    )
    for code in codes.split()
}
