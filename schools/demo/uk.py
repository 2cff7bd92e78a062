"""The United Kingdom's regions, areas and local authorities, with their real names and codes."""

from dataclasses import dataclass
from datetime import date

from schools.core.nations import Nation

NATION_OF_GSS = {"E": Nation.ENGLAND, "S": Nation.SCOTLAND, "W": Nation.WALES, "N": Nation.NORTHERN_IRELAND}
"""The nation by the first letter of an authority's GSS code."""


@dataclass(frozen=True)
class AuthorityFacts:
    """A local authority; `code` is empty outside England and Wales."""

    gss: str
    code: str
    name: str

    @property
    def nation(self) -> Nation:
        """The nation, by the first letter of its GSS code."""
        return NATION_OF_GSS[self.gss[0]]


@dataclass(frozen=True)
class AreaFacts:
    """An area of the made-up charity: `easting` and `northing` of its middle in metres on the British grid."""

    region: str
    name: str
    postcode: str
    easting: int
    northing: int
    authorities: tuple[AuthorityFacts, ...]

    @property
    def nation(self) -> Nation:
        """The nation that the area lies in."""
        return self.authorities[0].nation


@dataclass(frozen=True)
class FormerAuthority:
    """An authority that was replaced by others of the same area."""

    authority: AuthorityFacts
    area: str
    closed: date
    """The authority's last day."""


FORMER = (
    FormerAuthority(AuthorityFacts("E10000006", "909", "Cumbria"), "Cumbria", date(2023, 3, 31)),
    FormerAuthority(AuthorityFacts("E10000021", "928", "Northamptonshire"), "Northamptonshire", date(2021, 3, 31)),
)

# Region | area | first letters of its postcodes | kilometres east and north of its middle; below it its authorities:
# GSS code, code in the national register (England and Wales), name.
TABLE = """
North West | Cumbria | CA | 332 518
  E06000063 942 Cumberland; E06000064 943 Westmorland and Furness
North West | Lancashire | PR | 354 432
  E10000017 888 Lancashire; E06000008 889 Blackburn with Darwen; E06000009 890 Blackpool
North West | Greater Manchester North | BL | 379 408
  E08000001 350 Bolton; E08000002 351 Bury; E08000004 353 Oldham; E08000005 354 Rochdale; E08000010 359 Wigan
North West | Greater Manchester South | M | 385 395
  E08000003 352 Manchester; E08000006 355 Salford; E08000007 356 Stockport; E08000008 357 Tameside; E08000009 358
  Trafford
North West | Merseyside | L | 340 394
  E08000011 340 Knowsley; E08000012 341 Liverpool; E08000013 342 St. Helens; E08000014 343 Sefton; E08000015 344
  Wirral
North West | Cheshire | CW | 361 377
  E06000006 876 Halton; E06000007 877 Warrington; E06000049 895 Cheshire East; E06000050 896 Cheshire West and Chester
North East | Northumberland and Tyneside | NE | 427 567
  E06000057 929 Northumberland; E08000021 391 Newcastle upon Tyne; E08000022 392 North Tyneside; E08000023 393 South
  Tyneside; E08000024 394 Sunderland; E08000037 390 Gateshead
North East | Durham and Teesside | DH | 443 524
  E06000047 840 County Durham; E06000005 841 Darlington; E06000001 805 Hartlepool; E06000002 806 Middlesbrough;
  E06000003 807 Redcar and Cleveland; E06000004 808 Stockton-on-Tees
Yorkshire and the Humber | North Yorkshire | YO | 453 462
  E06000065 815 North Yorkshire; E06000014 816 York
Yorkshire and the Humber | Humber | HU | 507 422
  E06000010 810 Kingston upon Hull; E06000011 811 East Riding of Yorkshire; E06000012 812 North East Lincolnshire;
  E06000013 813 North Lincolnshire
Yorkshire and the Humber | South Yorkshire | S | 444 398
  E08000017 371 Doncaster; E08000018 372 Rotherham; E08000038 370 Barnsley; E08000039 373 Sheffield
Yorkshire and the Humber | West Yorkshire West | BD | 413 426
  E08000032 380 Bradford; E08000033 381 Calderdale; E08000034 382 Kirklees
Yorkshire and the Humber | West Yorkshire East | LS | 434 427
  E08000035 383 Leeds; E08000036 384 Wakefield
East Midlands | Derbyshire | DE | 434 346
  E10000007 830 Derbyshire; E06000015 831 Derby
East Midlands | Nottinghamshire | NG | 458 348
  E10000024 891 Nottinghamshire; E06000018 892 Nottingham
East Midlands | Leicestershire and Rutland | LE | 468 307
  E10000018 855 Leicestershire; E06000016 856 Leicester; E06000017 857 Rutland
East Midlands | Lincolnshire | LN | 513 356
  E10000019 925 Lincolnshire
East Midlands | Northamptonshire | NN | 480 267
  E06000061 940 North Northamptonshire; E06000062 941 West Northamptonshire
West Midlands | Birmingham and Solihull | B | 412 284
  E08000025 330 Birmingham; E08000029 334 Solihull
West Midlands | Black Country | WV | 397 294
  E08000027 332 Dudley; E08000028 333 Sandwell; E08000030 335 Walsall; E08000031 336 Wolverhampton
West Midlands | Coventry and Warwickshire | CV | 433 276
  E08000026 331 Coventry; E10000031 937 Warwickshire
West Midlands | Staffordshire | ST | 395 336
  E10000028 860 Staffordshire; E06000021 861 Stoke-on-Trent
West Midlands | Shropshire | SY | 363 310
  E06000051 893 Shropshire; E06000020 894 Telford and Wrekin
West Midlands | Herefordshire and Worcestershire | WR | 371 252
  E06000019 884 Herefordshire; E10000034 885 Worcestershire
East of England | Norfolk | NR | 609 311
  E10000020 926 Norfolk
East of England | Suffolk | IP | 612 260
  E10000029 935 Suffolk
East of England | Cambridgeshire | PE | 529 285
  E10000003 873 Cambridgeshire; E06000031 874 Peterborough
East of England | Bedfordshire | LU | 506 236
  E06000032 821 Luton; E06000055 822 Bedford; E06000056 823 Central Bedfordshire
East of England | Hertfordshire | SG | 520 211
  E10000015 919 Hertfordshire
East of England | Essex | CM | 575 192
  E10000012 881 Essex; E06000033 882 Southend-on-Sea; E06000034 883 Thurrock
London | London North East | E | 542 186
  E09000002 301 Barking and Dagenham; E09000012 204 Hackney; E09000016 311 Havering; E09000025 316 Newham; E09000026
  317 Redbridge; E09000030 211 Tower Hamlets; E09000031 320 Waltham Forest
London | London North West | NW | 526 189
  E09000003 302 Barnet; E09000005 304 Brent; E09000007 202 Camden; E09000010 308 Enfield; E09000014 309 Haringey;
  E09000015 310 Harrow; E09000019 206 Islington
London | London West | W | 519 180
  E09000009 307 Ealing; E09000013 205 Hammersmith and Fulham; E09000017 312 Hillingdon; E09000018 313 Hounslow;
  E09000020 207 Kensington and Chelsea; E09000033 213 Westminster
London | London South East | SE | 541 174
  E09000004 303 Bexley; E09000006 305 Bromley; E09000011 203 Greenwich; E09000023 209 Lewisham; E09000028 210
  Southwark
London | London South West | SW | 526 170
  E09000008 306 Croydon; E09000021 314 Kingston upon Thames; E09000022 208 Lambeth; E09000024 315 Merton; E09000027
  318 Richmond upon Thames; E09000029 319 Sutton; E09000032 212 Wandsworth
South East | Kent | ME | 583 161
  E10000016 886 Kent; E06000035 887 Medway
South East | Surrey | GU | 509 156
  E10000030 936 Surrey
South East | Sussex | BN | 535 112
  E10000011 845 East Sussex; E10000032 938 West Sussex; E06000043 846 Brighton and Hove
South East | Hampshire and the Isle of Wight | SO | 454 108
  E10000014 850 Hampshire; E06000044 851 Portsmouth; E06000045 852 Southampton; E06000046 921 Isle of Wight
South East | Berkshire | RG | 480 173
  E06000036 867 Bracknell Forest; E06000037 869 West Berkshire; E06000038 870 Reading; E06000039 871 Slough; E06000040
  868 Windsor and Maidenhead; E06000041 872 Wokingham
South East | Buckinghamshire | HP | 486 221
  E06000060 825 Buckinghamshire; E06000042 826 Milton Keynes
South East | Oxfordshire | OX | 450 207
  E10000025 931 Oxfordshire
South West | Cornwall | TR | 142 32
  E06000052 908 Cornwall; E06000053 420 Isles of Scilly
South West | Devon | EX | 272 71
  E10000008 878 Devon; E06000026 879 Plymouth; E06000027 880 Torbay
South West | Somerset | TA | 351 153
  E06000066 933 Somerset; E06000022 800 Bath and North East Somerset; E06000024 802 North Somerset
South West | Bristol and South Gloucestershire | BS | 363 177
  E06000023 801 Bristol; E06000025 803 South Gloucestershire
South West | Gloucestershire | GL | 387 214
  E10000013 916 Gloucestershire
South West | Wiltshire | SN | 408 171
  E06000054 865 Wiltshire; E06000030 866 Swindon
South West | Dorset | DT | 394 97
  E06000058 839 Bournemouth, Christchurch and Poole; E06000059 838 Dorset
Highlands and Islands | Highland | IV | 265 845
  S12000017 Highland; S12000013 Na h-Eileanan Siar; S12000023 Orkney Islands; S12000027 Shetland Islands
North East Scotland | Grampian | AB | 365 830
  S12000033 Aberdeen City; S12000034 Aberdeenshire; S12000020 Moray
East of Scotland | Tayside | DD | 330 735
  S12000042 Dundee City; S12000041 Angus; S12000048 Perth and Kinross
East of Scotland | Fife and Forth Valley | KY | 310 700
  S12000047 Fife; S12000005 Clackmannanshire; S12000014 Falkirk; S12000030 Stirling
East of Scotland | Edinburgh and the Lothians | EH | 325 672
  S12000036 City of Edinburgh; S12000010 East Lothian; S12000019 Midlothian; S12000040 West Lothian
West of Scotland | Glasgow and Clyde North | G | 258 668
  S12000049 Glasgow City; S12000045 East Dunbartonshire; S12000039 West Dunbartonshire; S12000035 Argyll and Bute
West of Scotland | Renfrewshire and Inverclyde | PA | 248 663
  S12000038 Renfrewshire; S12000011 East Renfrewshire; S12000018 Inverclyde
West of Scotland | Lanarkshire | ML | 275 655
  S12000029 South Lanarkshire; S12000050 North Lanarkshire
South of Scotland | Ayrshire | KA | 238 632
  S12000008 East Ayrshire; S12000021 North Ayrshire; S12000028 South Ayrshire
South of Scotland | Southern Scotland | DG | 325 610
  S12000006 Dumfries and Galloway; S12000026 Scottish Borders
North Wales | North West Wales | LL | 255 365
  W06000001 660 Isle of Anglesey; W06000002 661 Gwynedd; W06000003 662 Conwy
North Wales | North East Wales | CH | 325 360
  W06000004 663 Denbighshire; W06000005 664 Flintshire; W06000006 665 Wrexham
Mid and West Wales | Mid and West Wales | SA | 240 240
  W06000023 666 Powys; W06000008 667 Ceredigion; W06000009 668 Pembrokeshire; W06000010 669 Carmarthenshire; W06000011
  670 Swansea; W06000012 671 Neath Port Talbot
South Wales | Cardiff and the Vale | CF | 312 178
  W06000013 672 Bridgend; W06000014 673 Vale of Glamorgan; W06000015 681 Cardiff; W06000016 674 Rhondda Cynon Taf;
  W06000024 675 Merthyr Tydfil
South Wales | Gwent | NP | 325 198
  W06000018 676 Caerphilly; W06000019 677 Blaenau Gwent; W06000020 678 Torfaen; W06000021 679 Monmouthshire; W06000022
  680 Newport
Northern Ireland | Belfast and Down | BT | 150 525
  N09000003 Belfast; N09000007 Lisburn and Castlereagh; N09000010 Newry, Mourne and Down; N09000011 Ards and North
  Down
Northern Ireland | Antrim and Mid Ulster | BT | 120 560
  N09000001 Antrim and Newtownabbey; N09000004 Causeway Coast and Glens; N09000008 Mid and East Antrim; N09000009 Mid
  Ulster
Northern Ireland | Armagh and the West | BT | 80 530
  N09000002 Armagh City, Banbridge and Craigavon; N09000005 Derry City and Strabane; N09000006 Fermanagh and Omagh
"""


def areas() -> tuple[AreaFacts, ...]:
    """Every area, in the order of the table."""
    blocks: list[list[str]] = []
    for line in TABLE.strip().splitlines():
        if line.startswith(" "):
            blocks[-1].append(line.strip())
        else:
            blocks.append([line])
    return tuple(_area(head, " ".join(rest)) for head, *rest in blocks)


def _area(head: str, authorities: str) -> AreaFacts:
    region, name, postcode, middle = (word.strip() for word in head.split("|"))
    east, north = (int(kilometres) * 1000 for kilometres in middle.split())
    return AreaFacts(region, name, postcode, east, north, tuple(_authority(text) for text in authorities.split(";")))


def _authority(text: str) -> AuthorityFacts:
    gss, code, *name = text.split()
    return AuthorityFacts(gss, code, " ".join(name)) if code.isdigit() else AuthorityFacts(gss, "", " ".join([code, *name]))
