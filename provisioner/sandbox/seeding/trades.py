"""
The merchants of realistic purchases, and the captures and refunds that follow a purchase at each.

The merchants are invented. Amounts are typical of what companies spend there, in US dollars.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Act = Literal["capture", "part", "reverse", "increment", "finalize", "refund"]
HOUR = 3_600


class Followup(NamedTuple):
    """A later change of an approved purchase, such as a capture."""

    act: Act
    """The change; `part` is a capture that leaves the authorization open."""
    hours: tuple[float, float]
    """The shortest and the longest time after the previous change, in hours."""
    share: tuple[float, float] = (1, 1)
    """The smallest and the largest share of the held amount (for a refund, of the captured amount)."""


class PurchaseCourse(NamedTuple):
    """One possible sequence of later changes of a purchase."""

    weight: float
    """Its frequency, relative to the other courses of a habit."""
    followups: tuple[Followup, ...]
    """The changes, in order; without any, the authorization expires."""


class Habit(NamedTuple):
    """The usual way in which a kind of merchant charges cards."""

    methods: tuple[str, ...]
    """The methods by which cards are read (`authorization_method`)."""
    hours: tuple[float, float]
    """The most common local hour of purchases, and their spread around it in hours."""
    weekend: float
    """The number of purchases on a weekend day, relative to a working day."""
    courses: tuple[PurchaseCourse, ...]
    """The possible courses of a purchase."""


class Trade(NamedTuple):
    """Merchants of one category."""

    category: str
    """Stripe's category."""
    typical: float
    """The median amount, in US dollars."""
    spread: float
    """The standard deviation of the logarithm of amounts."""
    habit: str
    """The name of an entry of `HABITS`."""
    names: tuple[str, ...]
    """Names of merchants."""


def _after(act: Act, hours: tuple[float, float], share: tuple[float, float] = (1, 1)) -> Followup:
    return Followup(act, hours, share)


_PAID = _after("capture", (14, 50))
_REFUND = (_after("refund", (30, 400)), _after("refund", (30, 300), (0.1, 0.7)))
_CANCELED = PurchaseCourse(4, (_after("reverse", (0.2, 20)),))
_FORGOTTEN = PurchaseCourse(2, ())
HABITS: Mapping[str, Habit] = {
    "billed": Habit(
        ("online",),
        (10, 6),
        0.5,
        (
            PurchaseCourse(86, (_after("capture", (1, 30)),)),
            PurchaseCourse(4, (_after("capture", (1, 30)), _REFUND[0])),
            PurchaseCourse(2, (_after("capture", (1, 30)), _REFUND[1])),
            _CANCELED,
            _FORGOTTEN,
        ),
    ),
    "shop": Habit(
        ("chip", "contactless", "contactless", "swipe"),
        (14, 3),
        0.4,
        (
            PurchaseCourse(80, (_PAID,)),
            PurchaseCourse(6, (_PAID, _REFUND[0])),
            PurchaseCourse(3, (_PAID, _REFUND[1])),
            PurchaseCourse(3, (_after("reverse", (0.1, 2), (0.1, 0.4)), _PAID)),
            _CANCELED,
            _FORGOTTEN,
        ),
    ),
    "meal": Habit(
        ("chip", "contactless"),
        (15, 4),
        0.5,
        (
            PurchaseCourse(60, (_after("capture", (20, 60), (1.1, 1.22)),)),
            PurchaseCourse(36, (_PAID,)),
            _CANCELED,
        ),
    ),
    "ride": Habit(
        ("online", "contactless"),
        (14, 5),
        0.4,
        (
            PurchaseCourse(80, (_after("capture", (0.5, 24)),)),
            PurchaseCourse(10, (_after("increment", (0.2, 0.8), (0.1, 0.4)), _after("capture", (0.5, 24)))),
            _CANCELED,
            _FORGOTTEN,
        ),
    ),
    "stay": Habit(
        ("online", "keyed_in", "chip"),
        (16, 4),
        0.6,
        (
            PurchaseCourse(50, (_after("capture", (24, 110)),)),
            PurchaseCourse(22, (_after("increment", (20, 60), (0.15, 0.5)), _after("capture", (24, 72)))),
            PurchaseCourse(10, (_after("capture", (24, 72), (0.3, 0.6)),)),
            PurchaseCourse(6, (_after("capture", (24, 72)), _REFUND[1])),
            PurchaseCourse(8, (_after("reverse", (10, 100)),)),
            PurchaseCourse(4, ()),
        ),
    ),
    "fuel": Habit(
        ("chip", "swipe", "contactless"),
        (13, 4),
        0.5,
        (
            PurchaseCourse(60, (_after("finalize", (0.05, 0.2), (0.35, 0.8)), _after("capture", (12, 40)))),
            PurchaseCourse(37, (_after("capture", (12, 40), (0.35, 0.8)),)),
            PurchaseCourse(3, ()),
        ),
    ),
    "parcels": Habit(
        ("online",),
        (14, 4),
        0.6,
        (
            PurchaseCourse(58, (_after("capture", (20, 90)),)),
            PurchaseCourse(17, (_after("part", (20, 60), (0.3, 0.6)), _after("capture", (10, 50)))),
            PurchaseCourse(
                7,
                (
                    _after("part", (10, 40), (0.2, 0.4)),
                    _after("part", (10, 40), (0.3, 0.6)),
                    _after("capture", (10, 40)),
                ),
            ),
            PurchaseCourse(4, (_after("part", (20, 60), (0.3, 0.7)),)),
            PurchaseCourse(7, (_after("capture", (20, 90)), _REFUND[0])),
            _CANCELED,
            _FORGOTTEN,
        ),
    ),
}

_TABLE = """
advertising_services 180 0.9 billed Harbor Ads | Clickwise Media | Northfield Display | Searchlight Ads
computer_software_stores 49 0.9 billed Ledgerly | Boardwalk Apps | Quillpad | Sprintboard
computer_network_services 120 1.1 billed Stratus Cloud | Hostwell | Edgepoint CDN
digital_goods_applications 15 0.7 billed Appsmith Market | Tiny Tools
telecommunication_services 65 0.5 billed Clearline Mobile | Fibertown
consulting_public_relations 600 0.8 billed Bright & Rowe | Field Notes PR
professional_services 350 0.9 billed Alder Partners | Mason Advisory
miscellaneous_business_services 140 0.9 billed Papertrail Services | Deskhand
educational_services 99 0.7 billed Coursewell | Learnhall
membership_organizations 75 0.6 billed Chamber of Makers | Guild of Founders
airlines_air_carriers 320 0.7 stay Meridian Air | Bluejay Airlines | Polar Airways
hotels_motels_and_resorts 240 0.6 stay Hotel Larkspur | The Copper House | Seaview Inn
car_rental_agencies 160 0.5 stay Roadrunner Rentals | Keyway Cars
taxicabs_limousines 24 0.6 ride Rocket Rides | City Cab | Hopalong
passenger_railways 48 0.7 ride Northern Rail | Coastline Trains
commuter_transport_and_ferries 6 0.5 ride Metro Transit | Bay Ferries
parking_lots_garages 14 0.6 shop Parkwell | Level Two Garage
tolls_bridge_fees 8 0.4 billed Turnpike Authority
eating_places_restaurants 42 0.7 meal Olive & Ash | Noodle Bar Ten | The Long Table | Casa Verde
fast_food_restaurants 13 0.4 meal Burger Yard | Salad Stop | Bagel Corner
caterers 380 0.6 billed Good Company Catering
drinking_places 36 0.6 meal The Anchor | Taproom Nine
bakeries 18 0.5 shop Morning Crumb
grocery_stores_supermarkets 62 0.7 shop Greenway Market | Corner Grocer
automated_fuel_dispensers 100 0.0 fuel Fuelstop 24 | Westgate Fuel
service_stations 48 0.4 shop Ridge Service Station
electric_vehicle_charging 19 0.5 ride Chargepath
stationery_stores_office_and_school_supply_stores 46 0.7 shop Paper & Pin | Desk Depot
stationary_office_supplies_printing_and_writing_paper 85 0.6 parcels Inkwell Supplies
office_and_commercial_furniture 420 0.7 parcels Standing Room Furniture
computers_peripherals_and_software 310 0.9 parcels Byteport | Keystone Computers
electronics_stores 140 0.9 parcels Voltage Electronics | Cable & Co
hardware_stores 58 0.8 shop Nuts & Bolts | Tradesman Hardware
industrial_supplies 230 0.9 parcels Ironside Supply
department_stores 85 0.8 shop Halston Stores
book_stores 32 0.6 parcels Second Shelf Books
miscellaneous_general_merchandise 54 0.9 parcels Everything Bazaar | Parcel & Post Goods
direct_marketing_other 70 0.8 parcels Catalog House
courier_services 28 0.8 billed Swiftline Courier | Parcelway
postal_services_government_only 17 0.7 shop Post Office
quick_copy_repro_and_blueprint 34 0.8 shop Copy Corner
drug_stores_and_pharmacies 23 0.6 shop Main Street Pharmacy
florists 64 0.4 shop Petal & Stem
theatrical_ticket_agencies 130 0.6 billed Curtain Tickets
utilities 210 0.5 billed City Power & Water
insurance_underwriting_premiums 260 0.5 billed Shieldwell Insurance
legal_services_attorneys 700 0.7 billed Marsh & Vale
equipment_rental 190 0.7 shop Rentwise Tools
"""


def _trades() -> tuple[Trade, ...]:
    found = []
    for line in _TABLE.strip().splitlines():
        category, typical, spread, habit, names = line.split(maxsplit=4)
        found.append(Trade(category, float(typical), float(spread), habit, tuple(names.split(" | "))))
    return tuple(found)


TRADES = _trades()
_BY_CATEGORY = {trade.category: trade for trade in TRADES}


def trade_of(category: str) -> Trade:
    """Return the trade of a category; a missing one gets a merchant named after the category."""
    name = " ".join(category.split("_")[:3]).title()
    return _BY_CATEGORY.get(category) or Trade(category, 75, 0.8, "shop", (f"{name} Co", f"{name} Direct"))
