"""Runs in Tryton's own environment: a requisition, quotations of five suppliers, five prices, the best one bought.

`tryton_cycle.py ROUNDS` prints the seconds of each as JSON. Each click is a transaction, as a client's would be. Reads
TRYTOND_DATABASE_URI and DB_NAME; the database is made anew.
"""

# These packages are Tryton's and are not installed beside the product.
import datetime as dt
import importlib
import json
import sys
import time
from decimal import Decimal
from typing import Any

SUPPLIERS = 5


def _ready() -> tuple[Any, dict[str, Any]]:
    """The database with a company, a product and suppliers."""
    tools = importlib.import_module("trytond.tests.tools")
    company = importlib.import_module("trytond.modules.company.tests.tools")
    account = importlib.import_module("trytond.modules.account.tests.tools")
    get = importlib.import_module("proteus").Model.get
    tools.activate_modules(
        ["purchase_request_quotation", "purchase_requisition"], company.create_company, account.create_chart
    )
    user = get("res.user")(1)
    party = get("party.party")(name="Employee")
    party.save()
    employee = get("company.employee")(party=party)
    employee.save()
    user.employees.append(employee)
    user.employee = employee
    user.save()
    tools.set_user(user.id)
    suppliers = []
    for number in range(SUPPLIERS):
        supplier = get("party.party")(name=f"Supplier {number}")
        supplier.save()
        suppliers.append(supplier)
    category = get("product.category")(name="Account")
    category.accounting = True
    category.account_expense = account.get_accounts()["expense"]
    category.save()
    (unit,) = get("product.uom").find([("name", "=", "Unit")])
    template = get("product.template")()
    template.name, template.default_uom, template.type = "Week", unit, "goods"
    template.list_price, template.purchasable, template.account_category = Decimal("20"), True, category
    template.save()
    product = get("product.product")()
    product.template, product.cost_price = template, Decimal("8")
    product.save()
    (warehouse,) = get("stock.location").find([("code", "=", "WH")])
    return get, {"employee": employee, "suppliers": suppliers, "product": product, "warehouse": warehouse}


def _cycle(get: Any, known: dict[str, Any]) -> None:
    requisition = get("purchase.requisition")()
    requisition.description, requisition.employee = "Description", known["employee"]
    requisition.supply_date, requisition.warehouse = dt.date.today(), known["warehouse"]
    line = requisition.lines.new()
    line.product, line.description, line.quantity = known["product"], "Description", 2.0
    line.supplier, line.unit_price = known["suppliers"][0], Decimal("10")
    requisition.click("wait")
    requisition.click("approve")
    request = max(get("purchase.request").find([("state", "=", "draft")]), key=lambda found: found.id)
    asking = request.click("create_quotation")
    for supplier in known["suppliers"][1:]:
        asking.form.suppliers.append(get("party.party")(supplier.id))
    asking.execute("create_quotations")
    quotations = list(asking.actions[0])
    for number, quotation in enumerate(quotations):
        quotation.click("send")
        quotation.lines[0].unit_price = Decimal(8 + number)
        quotation.click("receive")
    request = get("purchase.request")(request.id)
    request.click("create_purchase")
    assert request.state == "purchased", request.state


def main(rounds: int) -> None:
    """One cycle to warm up, then the rounds."""
    get, known = _ready()
    times = []
    for _round in range(rounds + 1):
        began = time.perf_counter()
        _cycle(get, known)
        times.append(time.perf_counter() - began)
    sys.stdout.write(json.dumps(times[1:]) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
