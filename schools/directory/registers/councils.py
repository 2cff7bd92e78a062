"""The local authorities of Scotland, Wales and Northern Ireland by GSS code, which their registers may lack."""

import re
from collections.abc import Mapping
from functools import lru_cache

SCOTLAND = {
    "S12000005": "Clackmannanshire",
    "S12000006": "Dumfries and Galloway",
    "S12000008": "East Ayrshire",
    "S12000010": "East Lothian",
    "S12000011": "East Renfrewshire",
    "S12000013": "Na h-Eileanan Siar",
    "S12000014": "Falkirk",
    "S12000017": "Highland",
    "S12000018": "Inverclyde",
    "S12000019": "Midlothian",
    "S12000020": "Moray",
    "S12000021": "North Ayrshire",
    "S12000023": "Orkney Islands",
    "S12000026": "Scottish Borders",
    "S12000027": "Shetland Islands",
    "S12000028": "South Ayrshire",
    "S12000029": "South Lanarkshire",
    "S12000030": "Stirling",
    "S12000033": "Aberdeen City",
    "S12000034": "Aberdeenshire",
    "S12000035": "Argyll and Bute",
    "S12000036": "City of Edinburgh",
    "S12000038": "Renfrewshire",
    "S12000039": "West Dunbartonshire",
    "S12000040": "West Lothian",
    "S12000041": "Angus",
    "S12000042": "Dundee City",
    "S12000045": "East Dunbartonshire",
    "S12000047": "Fife",
    "S12000048": "Perth and Kinross",
    "S12000049": "Glasgow City",
    "S12000050": "North Lanarkshire",
}
SCOTLAND_BEFORE = {
    "S12000015": "S12000047",
    "S12000024": "S12000048",
    "S12000044": "S12000050",
    "S12000046": "S12000049",
}
"""Codes that the same councils had before small changes of their boundaries in 2018 and 2019; old files still have them."""

WALES = {
    "660": "W06000001",
    "661": "W06000002",
    "662": "W06000003",
    "663": "W06000004",
    "664": "W06000005",
    "665": "W06000006",
    "666": "W06000023",
    "667": "W06000008",
    "668": "W06000009",
    "669": "W06000010",
    "670": "W06000011",
    "671": "W06000012",
    "672": "W06000013",
    "673": "W06000014",
    "674": "W06000016",
    "675": "W06000024",
    "676": "W06000018",
    "677": "W06000019",
    "678": "W06000020",
    "679": "W06000021",
    "680": "W06000022",
    "681": "W06000015",
}
"""GSS codes by LA code."""

NORTHERN_IRELAND = {
    "N09000001": "Antrim and Newtownabbey",
    "N09000002": "Armagh City, Banbridge and Craigavon",
    "N09000003": "Belfast",
    "N09000004": "Causeway Coast and Glens",
    "N09000005": "Derry City and Strabane",
    "N09000006": "Fermanagh and Omagh",
    "N09000007": "Lisburn and Castlereagh",
    "N09000008": "Mid and East Antrim",
    "N09000009": "Mid Ulster",
    "N09000010": "Newry, Mourne and Down",
    "N09000011": "Ards and North Down",
}

OTHER_NAMES = dict.fromkeys(("eileansiar", "westernisles", "comhairlenaneileansiar", "naheileanananiar"), "naheileanansiar")
WITHOUT_MEANING = {"and", "of", "the", "city", "council", "district", "borough", "islands"}


def gss_of(words: str, councils: Mapping[str, str]) -> str:
    """Return the code of the council with this name or code; "" where there is none."""
    code = words.upper()
    code = SCOTLAND_BEFORE.get(code, code)
    if code in councils:
        return code
    wanted = _short(words)
    return next((gss for gss, name in councils.items() if _short(name) == wanted), "")


@lru_cache(maxsize=512)
def _short(words: str) -> str:
    """Return a name without words that only some files have: “Edinburgh, City of” is the same as “City of Edinburgh”."""
    short = "".join(word for word in re.findall(r"[^\W\d_]+", words.casefold()) if word not in WITHOUT_MEANING)
    return OTHER_NAMES.get(short, short)
