"""The tunebook: traditional tunes in the public domain, written down for a whistle in D.

The settings are the project's own; the melodies are common property. `origin` says where each one
is known from, as far as that is certain. Pitches are written as a whistle player reads them, and
sound an octave higher.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Rhythm(StrEnum):
    """What is danced to it, and so how it swings."""

    JIG = "jig"
    REEL = "reel"
    HORNPIPE = "hornpipe"
    POLKA = "polka"
    WALTZ = "waltz"
    AIR = "air"


@dataclass(frozen=True, slots=True)
class Tune:
    """A tune: its name, where it comes from, how it moves, and its notes as ABC."""

    name: str
    origin: str
    rhythm: Rhythm
    abc: str
    composer: str = "Trad."


CAROLAN = "Turlough O'Carolan"

TUNES: dict[str, Tune] = {
    "kesh": Tune(
        "The Kesh",
        "Irish, traditional; also known as The Kincora",
        Rhythm.JIG,
        """M:6/8
L:1/8
K:G
|:"G"G3 GAB|"D"A3 ABd|"C"edd "G"gdd|"C"edB "D"dBA|
"G"GAG GAB|"D"ABA ABd|"C"edd "G"gdB|"D"AGF "G"G3:|
|:"G"B2B dBd|"C"ege "G"dBG|"G"B2B dBG|"D"ABA AGA|
"G"BAB d^cd|"C"ege "G"dBd|"G"gfg "D"aga|"C"bgg "G"g3:|
""",
    ),
    "morrisons": Tune(
        "Morrison's",
        "Irish, traditional; also known as The Stick Across the Hob",
        Rhythm.JIG,
        """M:6/8
L:1/8
K:Edor
|:"Em"E3 B3|EBE "D"AFD|"Em"EDE B3|"D"dcB AFD|
"Em"E3 B3|EBE "D"AFD|"Em"G3 "D"FGA|"Bm"dAG "D"FED:|
"Em"Bee fee|aee fee|Bee fee|"D"a2g fed|"Em"Bee fee|aee fee|"D"gfe d2A|"Bm"BAG "D"FED|
"Em"Bee fee|aee fee|Bee fee|"D"a2g fed|"Em"gfg "D"aga|"G"bgb "D"afd|"C"gfe "D"d2A|"Bm"BAG "D"FED|]
""",
    ),
    "swallowtail": Tune(
        "The Swallowtail",
        "Irish, traditional; in O'Neill's Music of Ireland, Chicago 1903",
        Rhythm.JIG,
        """M:6/8
L:1/8
K:Edor
|:"Em"GEE BEE|GEE BAG|"D"FDD ADD|dcd AFD|"Em"GEE BEE|GEE B2c|"D"dcd AGF|"Em"GEE E3:|
|:"Em"Bcd e2f|e2f edB|Bcd e2f|"D"edB d3|"Em"Bcd e2f|e2f edB|"D"d2d AGF|"Em"GEE E3:|
""",
    ),
    "washerwoman": Tune(
        "The Irish Washerwoman",
        "English and Irish; in print since the 18th century",
        Rhythm.JIG,
        """M:6/8
L:1/8
K:G
|:d/c/|"G"BGG DGG|BGB dcB|"Am"cAA EAA|cBc edc|"G"BGG DGG|BGB dcB|"C"cBc "D"Adc|"G"BGG G2:|
|:B/c/|"G"gdg gdg|gdg bag|"D"fdf fdf|fdf agf|"C"egg "G"dgg|"C"cgg "G"Bgg|"C"cBc "D"Adc|"G"BGG G2:|
""",
    ),
    "drowsy_maggie": Tune(
        "Drowsy Maggie",
        "Irish, traditional; in O'Neill's Music of Ireland, Chicago 1903",
        Rhythm.REEL,
        """M:4/4
L:1/8
K:Edor
|:"Em"E2BE dEBE|E2BE "D"AFDF|"Em"E2BE dEBE|"Bm"BABc "D"dAFD:|
|:"D"d2fd "A"c2ec|"D"defg "A"afge|"D"d2fd "A"c2ec|"Bm"BABc "D"dAFA|
"D"d2fd "A"c2ec|"D"defg "A"afge|"D"afge "A"fdec|"Bm"BABc "D"dAFD:|
""",
    ),
    "barley": Tune(
        "The Wind That Shakes the Barley",
        "Irish, traditional; in O'Neill's Music of Ireland, Chicago 1903",
        Rhythm.REEL,
        """M:4/4
L:1/8
K:D
|:"D"A2AB AFED|"G"B2BA BcdB|"D"A2AB AFED|"Em"gfed "A"BcdB|
"D"A2AB AFED|"G"B2BA BcdB|"D"A2AB AFED|"Em"gfed "A"Bcde:|
|:"D"f2fd "Em"g2ge|"D"f2fd "G"Bcde|"D"f2fd "Em"g2fg|"A"afed "G"BcdB|
"D"f2fd "Em"g2ge|"D"f2fd "G"Bcde|"D"fdfa "G"bgaf|"Em"gfed "A"BcdB:|
""",
    ),
    "harvest_home": Tune(
        "Harvest Home",
        "Irish and English, traditional; 19th century",
        Rhythm.HORNPIPE,
        """M:4/4
L:1/8
K:D
|:AF|"D"DAFA DAFA|defe dcBA|"A"eAfA gAfA|"Em"edcB "A"AGFE|
"D"DAFA DAFA|defe dcBA|"A"eAfA gece|"D"d2f2 d2:|
|:cd|"A"eA(3AAA "D"fA(3AAA|"A"gA(3AAA "D"fA(3AAA|"A"eAfA gAfA|"Em"(3efe(3dcB "A"(3ABA(3GFE|
"D"DAFA DAFA|defe dcBA|"A"eAfA gece|"D"d2f2 d2:|
""",
    ),
    "bluehill": Tune(
        "The Boys of Bluehill",
        "Irish, traditional; in O'Neill's Music of Ireland, Chicago 1903",
        Rhythm.HORNPIPE,
        """M:4/4
L:1/8
K:D
|:dB|"D"BAFA DAFA|"G"BA(3Bcd "A"e2de|"D"fgaf "A"egfe|"Bm"dfed "G"B2dB|
"D"BAFA DAFA|"G"BA(3Bcd "A"e2de|"D"faaf "A"egfe|"D"d2f2 d2:|
|:fg|"D"afdf a2gf|"Em"efga "A"b2ag|"D"fgaf "A"egfe|"Bm"dfed "G"B2dB|
"D"BAFA DAFA|"G"BA(3Bcd "A"e2de|"D"faaf "A"egfe|"D"d2f2 d2:|
""",
    ),
    "california": Tune(
        "Off to California",
        "Irish and American, traditional; in O'Neill's Music of Ireland, Chicago 1903",
        Rhythm.HORNPIPE,
        """M:4/4
L:1/8
K:G
|:(3DEF|"G"GFGB "D"AGED|"G"GBdg "C"e2(3def|"G"gfgd "Em"edBG|"Am"ABAG "D"E2(3DEF|
"G"GFGB "D"AGED|"G"GBdg "C"e2(3def|"G"gfgd "Em"edBG|"D"AGEF "G"G2:|
|:(3def|"Em"gfeg "D"fedf|"C"edef "G"edBd|"Em"gfgd edBG|"Am"ABAG "D"E2(3DEF|
"G"GFGB "D"AGED|"G"GBdg "C"e2(3def|"G"gfgd "Em"edBG|"D"AGEF "G"G2:|
""",
    ),
    "fishers": Tune(
        "Fisher's Hornpipe",
        "English; in print since about 1780",
        Rhythm.HORNPIPE,
        """M:4/4
L:1/8
K:D
|:(3ABc|"D"dAFA "G"GBAG|"D"FAFA "G"GBAG|"D"FDFD "A"GEGE|"D"FDFD "A"EA(3ABc|
"D"dAFA "G"GBAG|"D"FAFA "G"GBAG|"D"FAdA "A"fedc|"D"d2f2 d2:|
|:cd|"A"ecAc ecge|"D"fdAd fdaf|"A"ecAc ecgf|"E7"edcB "A"A2A2|
"G"BGDG BGdB|"D"AFDF AFdA|"G"BdcB "A"AGFE|"D"D2F2 D2:|
""",
    ),
    "rights_of_man": Tune(
        "The Rights of Man",
        "Irish and English, traditional; named for Paine's book of 1791",
        Rhythm.HORNPIPE,
        """M:4/4
L:1/8
K:Em
|:GA|"Em"BcAB GAFG|EFGA B2ef|gfed "G"edBd|"Am"cBAG "B7"A2GA|
"Em"BcAB GAFG|EFGA B2ef|"Am"gfed "B7"Bgfg|"Em"e2E2 E2:|
|:ga|"Em"b^abg efga|b^abg e2fe|"D"d^cde fefg|afdf a2gf|
"Em"eBeg "D"fdfa|"G"gfga "Em"b2ef|"Am"gfed "B7"Bgfg|"Em"e2E2 E2:|
""",
    ),
    "liverpool": Tune(
        "The Liverpool Hornpipe",
        "English, traditional; 19th century",
        Rhythm.HORNPIPE,
        """M:4/4
L:1/8
K:D
|:AG|"D"FDFA dfaf|"G"gfec "A"dcBA|"G"G2BG "D"F2AF|"Em"EDEF "A"GBAG|
"D"FDFA dfaf|"G"gfec "A"dcBA|"D"dfaf "A"bgec|"D"d2d2 d2:|
|:(3ABc|"D"d2fd "A"c2ec|"G"BABc dcBA|"G"G2BG "D"F2AF|"Em"EDEF "A"GBAG|
"D"FDFA dfaf|"G"gfec "A"dcBA|"D"dfaf "A"bgec|"D"d2d2 d2:|
""",
    ),
    "king_of_the_fairies": Tune(
        "The King of the Fairies",
        "Irish set dance, traditional",
        Rhythm.HORNPIPE,
        """M:4/4
L:1/8
K:Em
|:B2|"Em"E^DEF GFGA|B2B2 GFGA|B2E2 EFGE|"D"FGFE D2D2|
"Em"EDEF "C"GFGA|"G"BAGB "D"d2(3d^cd|"Em"B2E2 "D"GFED|"Em"E2ED E2:|
(3Bcd|"Em"e2e2 Bdef|gagf e2ef|e2B2 BAB^c|"D"ded^c "Bm"Bc(3dcB|
"Em"e2B2 Bdef|gagf efed|"G"Bdeg "D"fe(3def|"Em"e2ed e2ef|
"G"g3e "D"f3d|"Em"edB^c "D"d3e|"G"dBAF "D"GAB^c|"G"dBAF "D"GFED|
"Em"E2ED EFGA|B2e2 edef|e2B2 "D"BAGF|"Em"E2ED E2|]
""",
    ),
    "egans": Tune(
        "Egan's Polka",
        "Irish, traditional; from the Kerry border",
        Rhythm.POLKA,
        """M:2/4
L:1/8
K:D
|:"D"fA BA|fA BA|"G"d2 e>f|"A"ed BA|"D"fA BA|fA BA|"G"d2 e>f|"A"ed "D"d2:|
|:"D"fa f>e|"G"ed BA|"D"fa f>e|"A"ed e2|"D"fa f>e|"G"ed BA|"G"d2 e>f|"A"ed "D"d2:|
""",
    ),
    "britches": Tune(
        "The Britches Full of Stitches",
        "Irish, traditional",
        Rhythm.POLKA,
        """M:2/4
L:1/8
K:A
|:"A"A>B cA|"E"BA cA|"A"A>B cA|"D"BA F2|"A"A>B cA|"E"BA ce|"D"A>B AF|"A"FE E2:|
|:"A"e>f ec|"E"BA Bc|"A"e>f ec|"D"BA F2|"A"e>f ec|"E"BA ce|"D"A>B AF|"A"FE E2:|
""",
    ),
    "rakes_of_mallow": Tune(
        "The Rakes of Mallow",
        "Irish; in print in London in the 1740s",
        Rhythm.POLKA,
        """M:2/4
L:1/8
K:G
|:"G"GB GB|GB c/B/A/G/|"D"FA FA|FA d/c/B/A/|"G"GB GB|GB dB|"C"c/B/A/G/ "D"F/G/A/c/|"G"BG G2:|
|:"G"gf/e/ "C"dc|"G"Bc d2|gf/e/ "C"dc|"G"Bc "D"A2|"G"gf/e/ "C"dc|"G"Bc dB|\
"C"c/B/A/G/ "D"F/G/A/c/|"G"BG G2:|
""",
    ),
    "keel_row": Tune(
        "The Keel Row",
        "Tyneside, traditional; in print by 1770",
        Rhythm.POLKA,
        """M:2/4
L:1/16
K:G
|:dc|"G"B2GB "C"c2Ac|"G"B2GB "D"AFDc|"G"B2GB "C"c2Ac|"G"B<G"D"A<F "G"G2:|
|:GA|"G"B<d d>g "C"e2dc|"G"B2GB "D"AFDc|"G"B<d d>g "C"e2dc|"G"B<G"D"A<F "G"G2:|
""",
    ),
    "si_bheag": Tune(
        "Sí Bheag, Sí Mhór",
        "Turlough O'Carolan (1670-1738), said to be his first piece, about 1691",
        Rhythm.AIR,
        """M:3/4
L:1/8
K:D
|:de|"D"f3e d2|d2de d2|"G"B4 A2|"D"F4 A2|"G"BABc d2|"A"e4 de|"D"f2 f2 e2|"Bm"d4 f2|
"G"B4 e2|"A"A4 d2|"D"F4 E2|"D"D4 f2|"G"B4 e2|"A"A4 dc|"D"d6-|d4:|
|:de|"D"f2fe d2|"A"edef a2|"G"b4 a2|"D"f4 ed|"A"e2e2a2|"D"f4 e2|"Bm"d4 B2|"D"A4 Bd|
"D"F4 E2|D4 f2|"G"B4 e2|"A"A4 fa|"G"bagf ed|"A"e4 dc|"D"d6-|d4:|
""",
        CAROLAN,
    ),
    "planxty_irwin": Tune(
        "Planxty Irwin",
        "Turlough O'Carolan (1670-1738); no. 677 in O'Neill's Music of Ireland, Chicago 1903",
        Rhythm.WALTZ,
        """M:3/4
L:1/8
K:G
|:d2|"G"g4f2|"C"e3fg2|"G"d4c2|B3AG2|"C"c4A2|"G"B3cd2|"D"F4G2|A4d2|
"G"g4f2|"C"e3fg2|"G"d4c2|B3AG2|"C"c4A2|"G"B3cd2|"D"G4F2|"G"G4:|
|:d2|"G"g3ag2|"Em"g3fg2|"D"a3ba2|a3fd2|"G"b4b2|"D"a3bg2|"A"f3ge2|"D"d2e2f2|
"G"g4f2|"C"e3fg2|"G"d4c2|B3AG2|"C"c4A2|"G"B3cd2|"D"G4F2|"G"G4:|
""",
        CAROLAN,
    ),
    "londonderry": Tune(
        "The Londonderry Air",
        "Irish; noted by Jane Ross of Limavady, printed by Petrie, Dublin 1855",
        Rhythm.AIR,
        """M:4/4
L:1/8
K:G
FGA|"G"B3A Bed"Em"B|"C"AGE2 zGBc|"G"d3e "Em"dBGB|"D"A4 zFGA|"G"B3A Bed"Em"B|"C"AGE2 zFGA|\
"G"B3c "D"BAGA|"G"G4 zdef|
"C"g3f fede|"G"dBG2 zdef|"C"g3f "G"fedB|"D"A4 zddd|"G"b3a "C"ageg|"G"dBG2 zFGA|\
"G"BedB "D"AGEF|"G"G5|]
""",
    ),
    "young_charms": Tune(
        "Believe Me, If All Those Endearing Young Charms",
        "Irish air, set by Thomas Moore, Dublin and London 1808",
        Rhythm.WALTZ,
        """M:3/4
L:1/8
K:G
BA|"G"G3AG2|G2B2d2|"C"c2e2g2|g4fe|"G"d3cB2|"D"A2G2A2|"G"B2d2B2|"D"A4BA|
"G"G3AG2|G2B2d2|"C"c2e2g2|g4fe|"G"d2g2B2|"D"A3GA2|"G"G6-|G2d2c2|
"G"B2d2g2|g4d2|"C"e2c2g2|g4fe|"G"d3cB2|"D"A2G2A2|"G"B2d2B2|"D"A4BA|
"G"G3AG2|G2B2d2|"C"c2e2g2|g4fe|"G"d2g2B2|"D"A3GA2|"G"G6-|G4|]
""",
    ),
    "county_down": Tune(
        "The Star of the County Down",
        "Irish and English air, traditional; known as Dives and Lazarus",
        Rhythm.WALTZ,
        """M:3/4
L:1/8
K:Am
EG|"Am"A4A2|A3GA2|"C"c4c2|"G"d3cd2|"C"e3d"Am"c2|A2G2E2|"G"G6-|G2c2B2|
"Am"A4A2|A3GA2|"C"c4c2|"G"d3cd2|"C"e3d"G"c2|"Am"A4A2|A6-|A2c2d2|
"C"g4e2|e2d2c2|"G"d3ed2|d3cd2|"C"e3d"Am"c2|A2G2E2|"G"G6-|G2c2B2|
"Am"A4A2|A3GA2|"C"c4c2|"G"d3cd2|"C"e3d"G"c2|"Am"A4A2|A6-|A4|]
""",
    ),
    "greensleeves": Tune(
        "Greensleeves",
        "English; entered at Stationers' Hall in London in 1580",
        Rhythm.WALTZ,
        """M:6/8
L:1/8
K:Ador
A|"Am"c2d e>fe|"G"d2B G>AB|"Am"c2A A>^GA|"E"B2^G E2A|
"Am"c2d e>fe|"G"d2B G>AB|"Am"c>BA "E"^G>^F^G|"Am"A3 A3|
"C"g3 g>fe|"G"d2B G>AB|"Am"c2A A>^GA|"E"B2^G E3|
"C"g3 g>fe|"G"d2B G>AB|"Am"c>BA "E"^G>^F^G|"Am"A3 A2|]
""",
    ),
    "auld_lang_syne": Tune(
        "Auld Lang Syne",
        "Scottish; printed with Burns's words in Edinburgh in 1799",
        Rhythm.AIR,
        """M:4/4
L:1/8
K:G
D2|"G"G3G G2B2|"D"A3G A2B2|"G"G3G B2d2|"C"e6 e2|"G"d3B B2G2|"D"A3G A2BA|"Em"G3E "D"E2D2|"G"G6 e2|
"G"d3B B2G2|"D"A3G A2e2|"G"d3B B2d2|"C"e6 g2|"G"d3B B2G2|"D"A3G A2BA|"Em"G3E "D"E2D2|"G"G6|]
""",
    ),
    "ye_banks": Tune(
        "Ye Banks and Braes",
        "Scottish; printed as The Caledonian Hunt's Delight, Edinburgh 1788",
        Rhythm.WALTZ,
        """M:3/4
L:1/4
K:D
A|"D"d2d|"A"e>de|"D"faf|"A"e>de|"D"f>ed|"G"dBA|"Em"ABd|"A"e2A|
"D"d2d|"A"e>de|"D"faf|"A"e>de|"D"f>ed|"G"dBA|"A"ABd|"D"d2f|
"D"a2"G"b|"D"afd|a2"G"b|"D"afd|"Bm"afd|"D"afd|"Em"ba/g/f|"A"e2A|
"D"d2d|"A"e>de|"D"faf|"A"e>de|"D"f>ed|"G"dBA|"A"ABd|"D"d2|]
""",
    ),
}
