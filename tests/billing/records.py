"""What the platform sends about money: an invoice, and what was used."""

from typing import Any


def invoice(start: str, items: list[tuple[str, str]], total: str) -> dict[str, Any]:
    return {
        "__type__": "invoice",
        "consumption_start": start,
        "consumption_end": start[:8] + "28",
        "customer_no": "10001",
        "items": [{"description": text, "price": price, "product": "VM-SSD"} for text, price in items],
        "status": "final",
        "total": total,
    }


def use(kind: str, name: str, parameters: Any, period: str = "2026-01-01") -> dict[str, Any]:
    return {"__type__": "consumption", "period": period, "type": kind, "type_id": name, "parameters": parameters}
