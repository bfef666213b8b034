"""Live prices behind one protocol: a carrier's offers, a public calculator. What a source does not say is not made up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol
from urllib.parse import quote as quoted

from landed.errors import LandedError
from landed.freight.carriers.settings import CarrierSettings, carriers
from landed.freight.carriers.wire import Answer, Wire, failure
from landed.freight.charges import Quantities
from landed.freight.model import Basis, Place, QuoteKind, Service
from landed.freight.rate_sheet import SheetRow
from landed.freight.reference import figures


@dataclass(frozen=True, slots=True)
class Asking:
    """What a price is asked for: one service between two places on a day, in these containers."""

    service: Service
    origin: Place
    destination: Place
    on: date
    equipment: Mapping[str, int]
    counted: Quantities


@dataclass(frozen=True, slots=True)
class Offer:
    """Prices of one source as rows of a rate sheet. `words` goes with the price wherever it is shown (attribution, free days)."""

    source: str
    provider: str
    kind: QuoteKind
    rows: tuple[SheetRow, ...]
    words: tuple[str, ...]


class RatesSource(Protocol):
    """Whoever gives prices for a shipment now."""

    name: str

    def offer(self, asking: Asking) -> Offer | None:
        """Prices, or None where the source has none for this. Raises CARRIER_...."""
        ...


class MaerskOffers:
    """Offers of a Maersk brand by departure day (`/offers/brand/{SCAC}/departuredate/{day}`)."""

    def __init__(self, settings: CarrierSettings, wire: Wire) -> None:
        self.settings, self.wire, self.name = settings, wire, settings.name

    def offer(self, asking: Asking) -> Offer | None:
        """The cheapest offer of each container type; None where one type has none."""
        if asking.service != "fcl" or not asking.equipment:
            return None
        rules = figures("live_rates")["maersk_offers"]
        rows: list[SheetRow] = []
        words: list[str] = []
        for box in asking.equipment:
            path = f"{self.settings.rates_path}/offers/brand/{quoted(self.settings.carrier_code)}/departuredate/{asking.on.isoformat()}"
            asked = {
                "collectionOriginCityName": _city(asking.origin), "collectionOriginCountryCode": asking.origin.country, "deliveryDestinationCityName": _city(asking.destination),
                "deliveryDestinationCountryCode": asking.destination.country, "containerIsoCode": box,
            }  # fmt: skip
            body = _good(self.settings, self.wire.get("", path, asked))
            offers = body.get("offers") if isinstance(body, Mapping) else body
            priced = [(sum(r.unit_price for r in found), found, each) for each in (offers if isinstance(offers, list) else []) if (found := self._rows(each, box, asking, rules))]
            if not priced:
                return None
            _, found, best = min(priced, key=lambda p: p[0])
            rows += found
            free = best.get("demurrageDetention")
            if isinstance(free, Mapping) and free.get("destinationFreeDays") is not None:
                words.append(f"{box}: {str(free['destinationFreeDays'])[:5]} free days at the destination.")
        return Offer("maersk_offers", self.settings.title, rules["kind"], tuple(rows), tuple(words))

    def _rows(self, offer: Any, box: str, asking: Asking, rules: Mapping[str, Any]) -> list[SheetRow]:
        """The charges of an offer; none where one of them cannot be read, for a part of a price is no price."""
        parts = offer.get("priceBreakdown") if isinstance(offer, Mapping) else None
        found: list[SheetRow] = []
        for number, part in enumerate(parts if isinstance(parts, list) else [], 1):
            said = part if isinstance(part, Mapping) else {}
            code, basis = rules["codes"].get(said.get("chargeCode")), rules["basis"].get(said.get("basis"))
            amount, currency = _amount(said.get("amount")), str(said.get("currency") or "")
            if code is None or basis is None or amount is None or len(currency) != 3 or code in {r.code for r in found}:
                return []
            found.append(_row(number, code, str(said.get("chargeName") or "")[:80], asking, box, basis, amount, currency))
        return found if any(r.code == "BAS" for r in found) else []


class PublicCalculator:
    """A public calculator that answers a range of prices and days, without an account and with attribution."""

    def __init__(self, settings: CarrierSettings, wire: Wire) -> None:
        self.settings, self.wire, self.name = settings, wire, settings.name

    def offer(self, asking: Asking) -> Offer | None:
        """The middle of the range with its spread; None where the calculator knows no price for this service."""
        rules = figures("live_rates")["public_calculator"]
        wanted = rules["modes"][asking.service]
        boxes = list(asking.equipment.items()) if asking.service == "fcl" else [("*", 1)]
        rows: list[SheetRow] = []
        words = [str(rules["attribution"])]
        for number, (box, _) in enumerate(boxes, 1):
            load = rules["load_types"].get(box) if asking.service == "fcl" else "boxes"
            if load is None:
                return None
            body = _good(self.settings, self.wire.get("", self.settings.rates_path, self._asked(load, asking)))
            found = _mode(body, wanted)
            if found is None:
                return None
            low, high, currency, days = found
            middle = ((low + high) / 2).quantize(Decimal("0.01"))
            spread = (100 * (high - low) / (high + low)).quantize(Decimal("0.1")) if high > low else Decimal(0)
            rows.append(_row(number, "BAS", f"All-in, {self.settings.title}", asking, box, "PER_CONTAINER" if asking.service == "fcl" else "PER_SHIPMENT", middle, currency, spread))
            if days:
                words.append(f"{days} as the calculator says.")
        return Offer("public_calculator", self.settings.title, rules["kind"], tuple(rows), tuple(words))

    def _asked(self, load: str, asking: Asking) -> dict[str, str]:
        asked = {"loadtype": load, "origin": asking.origin.code, "destination": asking.destination.code, "quantity": "1"}
        if load == "boxes":
            # One cube of the whole volume, in centimetres: the calculator asks for boxes.
            side = max(1, round(float(asking.counted.m3) ** (1 / 3) * 100))
            asked |= {"weight": str(max(1, round(asking.counted.gross_kg))), "width": str(side), "length": str(side), "height": str(side)}
        return asked


class LiveRates:
    """Asks every source that is set up, takes the cheapest (US dollars first), and keeps a word about each that gave nothing."""

    def __init__(self, sources: Iterable[RatesSource], notes: Iterable[str] = ()) -> None:
        self.sources = tuple(sources)
        self.notes: list[str] = list(notes)

    def offer(self, asking: Asking) -> Offer | None:
        """The best offer for a service, or None."""
        found: list[Offer] = []
        for source in self.sources:
            try:
                each = source.offer(asking)
            except LandedError as error:
                self._note(f"{source.name} gave no price for {asking.service}: {error.detail}.")
                continue
            if each is None:
                self._note(f"{source.name} has no price for {asking.service} from {asking.origin.code} to {asking.destination.code}.")
            else:
                found.append(each)
        return min(found, key=lambda o: (any(r.currency != "USD" for r in o.rows), sum((r.unit_price for r in o.rows if r.basis == "PER_CONTAINER" or r.code == "BAS"), Decimal(0)))) if found else None

    def _note(self, words: str) -> None:
        if words not in self.notes:
            self.notes.append(words)


SOURCES: dict[str, Callable[[CarrierSettings, Wire], RatesSource]] = {"maersk_offers": MaerskOffers, "public_calculator": PublicCalculator}


def live_rates(wire_of: Callable[[CarrierSettings], Wire] = Wire) -> LiveRates:
    """Every source of carriers.toml that is switched on and has its secrets; a note says what the others lack."""
    sources: list[RatesSource] = []
    notes = []
    for settings in carriers().values():
        if not settings.rates_source:
            continue
        if settings.rates_source not in SOURCES:
            notes.append(f"{settings.name}: no plug-in is named {settings.rates_source[:40]!r}; known are {', '.join(SOURCES)}.")
        elif not settings.enabled:
            notes.append(f"{settings.title} is switched off (enabled in carriers.toml).")
        elif missing := settings.missing():
            notes.append(f"{settings.title} is not set up: {', '.join(missing)} not set.")
        else:
            sources.append(SOURCES[settings.rates_source](settings, wire_of(settings)))
    return LiveRates(sources, notes)


def _row(number: int, code: str, name: str, asking: Asking, box: str, basis: Basis, price: Decimal, currency: str, spread: Decimal = Decimal(0)) -> SheetRow:
    box = box if basis in ("PER_CONTAINER", "PER_TEU") else "*"  # papers are charged once, not once a type of container
    return SheetRow(number, code, name, asking.service, asking.origin.code, asking.destination.code, box, basis, price, currency, None, asking.on, asking.on + timedelta(days=7), spread)


def _good(settings: CarrierSettings, answer: Answer) -> Any:
    if answer.status != 200:
        raise failure(settings, answer)
    if answer.body is None:
        raise LandedError("CARRIER_DEVIATES", f"{settings.title} answers something that is no JSON", where="carrier", mend="Try again later.")
    return answer.body


def _mode(body: Any, wanted: str) -> tuple[Decimal, Decimal, str, str] | None:
    """(low, high, currency, days) of a mode of the calculator's answer."""
    try:
        rates = body["response"]["estimatedFreightRates"]
        modes = rates["mode"] if isinstance(rates["mode"], list) else [rates["mode"]]
        for mode in modes:
            if str(mode.get("mode", wanted)).upper() == wanted:
                low, high = (mode["price"][end]["moneyAmount"] for end in ("min", "max"))
                prices = _amount(low["amount"]), _amount(high["amount"])
                if prices[0] is None or prices[1] is None or prices[0] > prices[1] or low["currency"] != high["currency"] or len(str(low["currency"])) != 3:
                    return None
                days = mode.get("transitTimes") or {}
                return prices[0], prices[1], str(low["currency"]), f"{days.get('min')} to {days.get('max')} {days.get('unit', 'days')}" if days else ""
    except (KeyError, TypeError, AttributeError):
        return None
    return None


def _amount(raw: Any) -> Decimal | None:
    try:
        found = Decimal(str(raw))
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 < found < 10_000_000 else None


def _city(place: Place) -> str:
    return place.name.split(",")[0].split("(")[0].strip()
