"""Who is in the demo: regions, contacts and people. All people and providers are invented; the councils are real
names used as examples, as the demo banner says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoRegion:
    """A region, its central team's name and the authorities that belong to it, by GSS code."""

    slug: str
    name: str
    central: str
    colour: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class DemoPerson:
    """Somebody who signs in. `organisation` is a GSS code, a central team's slug, or `provider:<legal name>`."""

    email: str
    name: str
    organisation: str
    roles: tuple[str, ...]
    weekly_limit: str | None = None
    job: str = ""


REGIONS = (
    DemoRegion(
        "west-london",
        "West London",
        "West London Commissioning Hub",
        "#1d4d80",
        (
            "E09000005",
            "E09000009",
            "E09000013",
            "E09000015",
            "E09000017",
            "E09000018",
            "E09000020",
            "E09000027",
        ),
    ),
    DemoRegion(
        "south-east-wales",
        "South East Wales",
        "South East Wales Commissioning Team",
        "#7a1f3d",
        (
            "W06000013",
            "W06000014",
            "W06000015",
            "W06000016",
            "W06000018",
            "W06000019",
            "W06000020",
            "W06000021",
            "W06000022",
            "W06000024",
        ),
    ),
    DemoRegion(
        "east-midlands",
        "East Midlands",
        "East Midlands Placements Partnership",
        "#3c5a14",
        ("E06000015", "E06000016", "E06000018", "E10000007", "E10000018", "E10000019", "E10000024"),
    ),
)

#: Colours and telephone numbers (Ofcom's drama ranges) of the authorities people sign in to.
AUTHORITIES = {
    "E09000015": ("#00563f", "020 7946 0115", "020 7946 0999", "Civic Centre\nStation Road\nHarrow\nHA1 2XY"),
    "E09000009": (
        "#5a2d81",
        "020 7946 0109",
        "020 7946 0998",
        "Perceval House\nUxbridge Road\nEaling\nW5 2HL",
    ),
    "E09000005": (
        "#8a1538",
        "020 7946 0105",
        "020 7946 0997",
        "Civic Centre\nEngineers Way\nWembley\nHA9 0FJ",
    ),
    "E09000017": (
        "#00457c",
        "020 7946 0117",
        "020 7946 0996",
        "Civic Centre\nHigh Street\nUxbridge\nUB8 1UW",
    ),
    "E09000018": (
        "#6b2c00",
        "020 7946 0118",
        "020 7946 0995",
        "Hounslow House\nBath Road\nHounslow\nTW3 3EB",
    ),
    "W06000022": (
        "#6f0f2b",
        "029 2018 0122",
        "029 2018 0994",
        "Civic Centre\nGodfrey Road\nNewport\nNP20 4UR",
    ),
    "W06000015": (
        "#003c71",
        "029 2018 0115",
        "029 2018 0993",
        "County Hall\nAtlantic Wharf\nCardiff\nCF10 4UW",
    ),
    "E10000024": (
        "#1f5f2c",
        "0115 496 0124",
        "0115 496 0992",
        "County Hall\nWest Bridgford\nNottingham\nNG2 7QP",
    ),
}

PEOPLE = (
    DemoPerson("olive@harrow.example", "Olive Marchetti", "E09000015", ("placement_officer",), "2500.00"),
    DemoPerson(
        "priya@harrow.example",
        "Priya Ramanathan",
        "E09000015",
        ("placement_officer", "duty_officer"),
        "6000.00",
    ),
    DemoPerson("tom@harrow.example", "Tom Achebe", "E09000015", ("team_manager", "authority_signatory")),
    DemoPerson("nadia@harrow.example", "Nadia Rahman", "E09000015", ("nominated_officer",)),
    DemoPerson("david@harrow.example", "David Llewellyn", "E09000015", ("director", "authority_signatory")),
    DemoPerson("grace@harrow.example", "Grace Okonjo", "E09000015", ("commissioner",)),
    DemoPerson("femi@harrow.example", "Femi Adeyemi", "E09000015", ("finance_officer",)),
    DemoPerson("susan@harrow.example", "Susan Whitlock", "E09000015", ("social_worker",)),
    DemoPerson("sorcha@harrow.example", "Sorcha Brennan", "E09000015", ("safeguarding_lead",)),
    DemoPerson("admin@harrow.example", "Anil Desai", "E09000015", ("authority_administrator",)),
    DemoPerson("ewan@ealing.example", "Ewan Strachan", "E09000009", ("placement_officer", "commissioner"), "8000.00"),
    DemoPerson(
        "moira@ealing.example",
        "Moira Devlin",
        "E09000009",
        ("team_manager", "director", "authority_signatory"),
    ),
    DemoPerson("selma@ealing.example", "Selma Haddad", "E09000009", ("safeguarding_lead",)),
    DemoPerson("bea@brent.example", "Bea Kowalska", "E09000005", ("placement_officer", "commissioner"), "9000.00"),
    DemoPerson("hal@hillingdon.example", "Hal Nwosu", "E09000017", ("placement_officer", "commissioner"), "9000.00"),
    DemoPerson("hana@hounslow.example", "Hana Iqbal", "E09000018", ("placement_officer", "commissioner"), "9000.00"),
    DemoPerson("nerys@newport.example", "Nerys Pugh", "W06000022", ("placement_officer", "commissioner"), "9000.00"),
    DemoPerson("gwen@newport.example", "Gwen Bowen", "W06000022", ("team_manager", "director", "authority_signatory")),
    DemoPerson("carys@cardiff.example", "Carys Morgan", "W06000015", ("placement_officer", "commissioner"), "9000.00"),
    DemoPerson(
        "noel@nottinghamshire.example",
        "Noel Fairbairn",
        "E10000024",
        ("placement_officer", "commissioner"),
        "9000.00",
    ),
    DemoPerson(
        "ruth@westlondon.example",
        "Ruth Castellano",
        "west-london",
        ("contract_manager", "central_administrator"),
    ),
    DemoPerson("mara@westlondon.example", "Mara Lindqvist", "west-london", ("market_manager",)),
    DemoPerson("hugo@westlondon.example", "Hugo Bannerman", "west-london", ("hub_broker",)),
    DemoPerson(
        "sian@sewales.example",
        "Siân Prosser",
        "south-east-wales",
        ("contract_manager", "central_administrator"),
    ),
    DemoPerson(
        "max@eastmids.example",
        "Max Thackeray",
        "east-midlands",
        ("contract_manager", "central_administrator"),
    ),
)
