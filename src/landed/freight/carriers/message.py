"""Booking messages: made from a plain request, and held to the standard before anything leaves."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from landed.duty.request import read_amount, read_day
from landed.errors import LandedError
from landed.freight.carriers.wire import dumps
from landed.freight.containers import read_container_number
from landed.freight.places import find_port
from landed.freight.reference import figures

REQUEST_FIELDS = (
    "carrier", "origin", "destination", "equipment", "booking_agent", "routing_reference", "voyage", "service", "vessel", "departure_date", "contract", "quotation",
    "receipt", "delivery", "movement", "payment", "incoterm", "shipper", "consignee", "commodity", "reference", "equipment_substitution", "message",
)  # fmt: skip


def rules() -> dict[str, Any]:
    """Code lists and conditions of bookings."""
    found: dict[str, Any] = figures("dcsa")["booking"]
    return found


def build(raw: Mapping[str, Any], own_reference: str, carrier_code: str = "") -> dict[str, Any]:
    """The DCSA booking request (2.0.5) of a plain request, our reference in it; or the caller's own `message`, held to the same checks.

    Raises INVALID_BOOKING (every fault in `errors`), UNKNOWN_PLACE, NOT_A_SEA_PORT, BAD_CONTAINER_NUMBER.
    """
    unknown = sorted(set(map(str, raw)) - set(REQUEST_FIELDS))
    if unknown:
        raise LandedError("INVALID_REQUEST", f"unknown field {unknown[0]!r}", where=unknown[0], mend=f"Known fields: {', '.join(REQUEST_FIELDS)}.")
    given = raw.get("message")
    if given not in (None, {}):
        if not isinstance(given, Mapping):
            raise LandedError("INVALID_REQUEST", "expected an object", where="message", mend="A booking request as DCSA Booking 2.0.5 has it.")
        message = dict(given)
    else:
        message = _from_plain(raw, carrier_code)
    kind = rules()["own_reference_type"]
    others = message.get("references")
    others = [r for r in others if not (isinstance(r, Mapping) and r.get("type") == kind)] if isinstance(others, list) else []
    message["references"] = [{"type": kind, "value": own_reference}, *others]
    if found := faults(message):
        at, why = found[0]
        raise LandedError("INVALID_BOOKING", f"{why}", where=at, mend="Correct it; nothing was sent.", errors=[{"at": a, "detail": w} for a, w in found])
    exact: dict[str, Any] = json.loads(dumps(message))  # what is shown is what is sent
    return exact


def _from_plain(raw: Mapping[str, Any], carrier_code: str) -> dict[str, Any]:
    for name in ("origin", "destination", "equipment", "booking_agent"):
        if raw.get(name) in (None, "", []):
            raise LandedError("INVALID_BOOKING", f"the field {name!r} is missing", where=name, mend="Origin, destination, equipment and booking_agent are required.")
    origin, destination = find_port(str(raw["origin"]), "origin"), find_port(str(raw["destination"]), "destination")
    if origin.code == destination.code:
        raise LandedError("SAME_PLACE", f"{origin.code} is both origin and destination", where="destination", mend="Name two places.")
    yard = rules()["codes"]["receipt"][0]  # container yard to container yard unless said otherwise
    movement = str(raw.get("movement") or "FCL").upper()
    message: dict[str, Any] = {
        "receiptTypeAtOrigin": str(raw.get("receipt") or yard).upper(),
        "deliveryTypeAtDestination": str(raw.get("delivery") or yard).upper(),
        "cargoMovementTypeAtOrigin": movement,
        "cargoMovementTypeAtDestination": movement,
        "isEquipmentSubstitutionAllowed": str(raw.get("equipment_substitution", "false")).lower() in ("true", "1", "yes"),
        "requestedEquipments": _equipment(raw["equipment"], str(raw.get("commodity") or "")),
        "documentParties": {"bookingAgent": {"partyName": str(raw["booking_agent"]).strip()}},
    }
    for name, field in (("shipper", "shipper"), ("consignee", "consignee")):
        if raw.get(name):
            message["documentParties"][field] = {"partyName": str(raw[name]).strip()}
    if raw.get("routing_reference"):
        message["routingReference"] = str(raw["routing_reference"]).strip()
        message["shipmentLocations"] = [{"location": {"UNLocationCode": origin.code}, "locationTypeCode": "ROU"}]
    else:
        message["shipmentLocations"] = [
            {"location": {"UNLocationCode": origin.code}, "locationTypeCode": "POL"},
            {"location": {"UNLocationCode": destination.code}, "locationTypeCode": "POD"},
        ]
    plain = {"voyage": "carrierExportVoyageNumber", "service": "carrierServiceCode", "contract": "serviceContractReference", "quotation": "extendedContractQuotationReference"}
    for name, field in plain.items():
        if raw.get(name):
            message[field] = str(raw[name]).strip()
    if raw.get("vessel"):
        message["vessel"] = {"name": str(raw["vessel"]).strip()}
    if raw.get("departure_date"):
        message["expectedDepartureDate"] = read_day(raw["departure_date"], "departure_date").isoformat()
    if raw.get("payment"):
        message["freightPaymentTermCode"] = str(raw["payment"]).upper()
    if raw.get("incoterm"):
        message["incoTerms"] = str(raw["incoterm"]).upper()
    if carrier_code:
        message |= {"carrierCode": carrier_code, "carrierCodeListProvider": "NMFTA"}
    return message


def _equipment(raw: object, commodity: str) -> list[dict[str, Any]]:
    rows = raw if isinstance(raw, (list, tuple)) else [raw]
    found = []
    for number, row in enumerate(rows):
        at = f"equipment[{number}]"
        if isinstance(row, str):
            units, mark, code = row.partition("x")
            row = {"units": units, "type": code} if mark and units.strip().isdigit() else {"units": 1, "type": row}
        if not isinstance(row, Mapping):
            raise LandedError("INVALID_BOOKING", "expected a row with type and units", where=at, mend='Such as {"type": "45G1", "units": 2, "gross_kg": 18000, "commodity": "toys"}.')
        if odd := sorted(set(map(str, row)) - {"type", "units", "gross_kg", "commodity", "hs_code", "shipper_owned", "containers"}):
            raise LandedError("INVALID_BOOKING", f"unknown field {odd[0]!r}", where=f"{at}.{odd[0]}", mend="Known: type, units, gross_kg, commodity, hs_code, shipper_owned, containers.")
        units = row.get("units", 1)
        if isinstance(units, bool) or not str(units).isdigit() or not 0 < int(str(units)) <= 1000:
            raise LandedError("INVALID_BOOKING", f"expected units from 1 to 1000, got {str(units)[:20]!r}", where=f"{at}.units", mend="Count the containers.")
        each: dict[str, Any] = {"ISOEquipmentCode": str(row.get("type") or "").strip().upper(), "units": int(str(units)), "isShipperOwned": bool(row.get("shipper_owned", False))}
        goods: dict[str, Any] = {"commodityType": str(row.get("commodity") or commodity or "").strip()}
        if row.get("hs_code"):
            goods["HSCodes"] = [re.sub(r"\D", "", str(row["hs_code"]))]
        if row.get("gross_kg") not in (None, ""):
            goods["cargoGrossWeight"] = {"value": read_amount(row["gross_kg"], f"{at}.gross_kg"), "unit": "KGM"}
        each["commodities"] = [goods]
        if row.get("containers"):
            numbers = row["containers"] if isinstance(row["containers"], (list, tuple)) else [row["containers"]]
            each["equipmentReferences"] = [read_container_number(str(n), f"{at}.containers[{i}]") for i, n in enumerate(numbers)]
        found.append(each)
    return found


def faults(message: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Every fault of an outgoing booking request against the standard's structure, code lists and conditions: (where, what)."""
    rule = rules()
    codes, found = rule["codes"], []
    for name in rule["required"]:
        if name not in message:
            found.append((name, f"the standard asks for {name}"))
    lists = (("receiptTypeAtOrigin", "receipt"), ("deliveryTypeAtDestination", "receipt"), ("cargoMovementTypeAtOrigin", "movement"), ("cargoMovementTypeAtDestination", "movement"))
    for name, listed in (*lists, ("freightPaymentTermCode", "payment"), ("carrierCodeListProvider", "provider")):
        if name in message and message[name] not in codes[listed]:
            found.append((name, f"expected one of {', '.join(codes[listed])}, got {str(message[name])[:20]!r}"))
    if not isinstance(message.get("isEquipmentSubstitutionAllowed", False), bool):
        found.append(("isEquipmentSubstitutionAllowed", "expected true or false"))
    for name, limit in rule["texts"].items():
        if name in message:
            said = message[name]
            if not isinstance(said, str) or len(said) > limit["most"] or ("pattern" in limit and not re.fullmatch(limit["pattern"], said)):
                found.append((name, f"expected a text of up to {limit['most']} characters in the form of the standard, got {str(said)[:30]!r}"))
    found += _conditions(message, rule)
    found += _places(message.get("shipmentLocations"), "routingReference" in message, rule)
    found += _boxes(message.get("requestedEquipments"), codes)
    found += _parties(message.get("documentParties"), int(rule["party_name_most"]))
    found += _references(message.get("references", []), codes)
    return found


def _conditions(message: Mapping[str, Any], rule: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = []
    quoted = "contractQuotationReference" in message or "extendedContractQuotationReference" in message
    if quoted == ("serviceContractReference" in message):
        found.append(("serviceContractReference", "expected a contract or a quotation of the carrier, one of the two" + (", got both" if quoted else "")))
    if "routingReference" in message:
        found += [(name, f"{name} does not go with a routing reference") for name in rule["not_with_routing"] if name in message]
    elif not any(name in message for name in ("carrierExportVoyageNumber", "expectedDepartureDate", "expectedDepartureFromPlaceOfReceiptDate", "expectedArrivalAtPlaceOfDeliveryStartDate")):
        found.append(("expectedDepartureDate", "expected a routing reference, a voyage or a day of departure"))
    if "carrierExportVoyageNumber" in message and not any(name in message for name in ("vessel", "carrierServiceCode", "carrierServiceName")):
        found.append(("carrierExportVoyageNumber", "a voyage needs the vessel or the service"))
    return found


def _places(rows: Any, routed: bool, rule: Mapping[str, Any]) -> list[tuple[str, str]]:
    if rows is None:
        return []
    if not isinstance(rows, list) or not rows:
        return [("shipmentLocations", "expected at least one place")]
    found = []
    for number, row in enumerate(rows):
        at = f"shipmentLocations[{number}]"
        if not isinstance(row, Mapping) or not isinstance(row.get("location"), Mapping):
            found.append((at, "expected a location and a locationTypeCode"))
            continue
        kind, code = row.get("locationTypeCode"), row["location"].get("UNLocationCode")
        if kind not in rule["codes"]["location"]:
            found.append((f"{at}.locationTypeCode", f"expected one of {', '.join(rule['codes']['location'])}, got {str(kind)[:10]!r}"))
        elif routed and kind in rule["places_not_with_routing"]:
            found.append((f"{at}.locationTypeCode", f"{kind} does not go with a routing reference"))
        if code is not None and not re.fullmatch(rule["place_pattern"], str(code)):
            found.append((f"{at}.location.UNLocationCode", f"expected a UN/LOCODE, got {str(code)[:10]!r}"))
    return found


def _boxes(rows: Any, codes: Mapping[str, Any]) -> list[tuple[str, str]]:
    if rows is None:
        return []
    if not isinstance(rows, list) or not rows:
        return [("requestedEquipments", "expected at least one kind of container")]
    found = []
    for number, row in enumerate(rows):
        at = f"requestedEquipments[{number}]"
        if not isinstance(row, Mapping):
            found.append((at, "expected an object"))
            continue
        if not re.fullmatch(r"[A-Z0-9]{4}", str(row.get("ISOEquipmentCode", ""))):
            found.append((f"{at}.ISOEquipmentCode", f"expected four letters and digits such as 45G1, got {str(row.get('ISOEquipmentCode'))[:10]!r}"))
        units = row.get("units")
        if isinstance(units, bool) or not isinstance(units, int) or units < 1:
            found.append((f"{at}.units", "expected a whole number from 1 on"))
        if not isinstance(row.get("isShipperOwned"), bool):
            found.append((f"{at}.isShipperOwned", "expected true or false"))
        goods = row.get("commodities", [])
        for n, each in enumerate(goods if isinstance(goods, list) else [None]):
            if not isinstance(each, Mapping) or not str(each.get("commodityType", "")).strip():
                found.append((f"{at}.commodities[{n}].commodityType", "expected words for the goods"))
            elif "cargoGrossWeight" in each:
                found += _mass(each["cargoGrossWeight"], f"{at}.commodities[{n}].cargoGrossWeight", codes)
            elif "cargoGrossWeight" not in row:
                found.append((f"{at}.commodities[{n}].cargoGrossWeight", "expected the gross mass, here or of the container"))
        if "cargoGrossWeight" in row:
            found += _mass(row["cargoGrossWeight"], f"{at}.cargoGrossWeight", codes)
    return found


def _mass(raw: Any, at: str, codes: Mapping[str, Any]) -> list[tuple[str, str]]:
    if not isinstance(raw, Mapping) or raw.get("unit") not in codes["mass"]:
        return [(at, f"expected a value with a unit among {', '.join(codes['mass'])}")]
    value = raw.get("value")
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)) or not value > 0:
        return [(f"{at}.value", "expected a number above zero")]
    return []


def _parties(raw: Any, most: int) -> list[tuple[str, str]]:
    if raw is None:
        return []
    if not isinstance(raw, Mapping) or not isinstance(raw.get("bookingAgent"), Mapping):
        return [("documentParties.bookingAgent", "expected who books")]
    found = []
    for name, party in raw.items():
        said = party.get("partyName") if isinstance(party, Mapping) else None
        if isinstance(party, Mapping) and (not isinstance(said, str) or not said.strip() or len(said) > most):
            found.append((f"documentParties.{name}.partyName", f"expected a name of up to {most} characters"))
    return found


def _references(rows: Any, codes: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = []
    for number, row in enumerate(rows if isinstance(rows, list) else [None]):
        if not isinstance(row, Mapping) or row.get("type") not in codes["reference"]:
            found.append((f"references[{number}].type", f"expected one of {', '.join(codes['reference'])}"))
        elif not re.fullmatch(r"\S(?:.*\S)?", str(row.get("value", ""))) or len(str(row["value"])) > 35:
            found.append((f"references[{number}].value", "expected 1 to 35 characters"))
    return found
