"""Runs in pretix's own environment: an event with many orders, and its list of orders as its staff see it.

`pretix_list.py ROUNDS ORDERS` prints the seconds of each page as JSON. Whole requests through its WSGI application,
without a network between. Reads pretix's own settings from the environment; the database is new and empty.
"""

# These packages are pretix's and are not installed beside the product.
import datetime as dt
import importlib
import io
import json
import sys
import time
from decimal import Decimal
from typing import Any

#: Pages that nobody times.
WARM = 5


def _fill(orders: int) -> Any:
    """A member of staff who may see an event with so many paid orders."""
    models = importlib.import_module("pretix.base.models")
    scopes = importlib.import_module("django_scopes")
    now = dt.datetime.now(dt.UTC)
    user = models.User.objects.create_user("staff@example.org", "staff")
    organiser = models.Organizer.objects.create(name="Organiser", slug="organiser")
    with scopes.scope(organizer=organiser):
        event = models.Event.objects.create(
            organizer=organiser, name="Event", slug="event", date_from=now, currency="GBP", live=True
        )
        team = models.Team.objects.create(
            organizer=organiser, name="Staff", all_events=True, **_everything_allowed(models.Team)
        )
        team.members.add(user)
        item = event.items.create(name="Week", default_price=Decimal("900.00"))
        channel = organiser.sales_channels.get(identifier="web")
        for start in range(0, orders, 1000):
            made = models.Order.objects.bulk_create(
                models.Order(
                    code=f"A{number:06d}",
                    event=event,
                    organizer=organiser,
                    email=f"buyer{number}@example.org",
                    status="p",
                    datetime=now - dt.timedelta(minutes=orders - number),
                    expires=now,
                    total=Decimal("900.00"),
                    locale="en",
                    sales_channel=channel,
                )
                for number in range(start, min(start + 1000, orders))
            )
            models.OrderPosition.objects.bulk_create(
                models.OrderPosition(
                    order=order,
                    organizer=organiser,
                    item=item,
                    price=Decimal("900.00"),
                    positionid=1,
                    secret=f"secret{order.code}",
                    pseudonymization_id=order.code,
                    tax_rate=Decimal("0.00"),
                    tax_value=Decimal("0.00"),
                )
                for order in made
            )
    return user


def _everything_allowed(team: Any) -> dict[str, bool]:
    names = {field.name for field in team._meta.get_fields()}
    return {name: True for name in names if name.startswith(("can_", "all_event_perm", "all_organizer_perm"))}


def _asker(user: Any) -> Any:
    """Asks for a page in the name of the user, and gives its body."""
    client = importlib.import_module("django.test").Client()
    client.force_login(user)
    client.session.save()
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    application = importlib.import_module("django.core.wsgi").get_wsgi_application()

    def ask(path: str) -> bytes:
        told: list[str] = []
        place, _mark, query = path.partition("?")
        answer = application(
            {
                "REQUEST_METHOD": "GET",
                "SERVER_NAME": "localhost",
                "SERVER_PORT": "80",
                "SERVER_PROTOCOL": "HTTP/1.1",
                "REMOTE_ADDR": "127.0.0.1",
                "HTTP_HOST": "localhost",
                "HTTP_COOKIE": cookies,
                "PATH_INFO": place,
                "QUERY_STRING": query,
                "wsgi.input": io.BytesIO(),
                "wsgi.errors": sys.stderr,
                "wsgi.url_scheme": "http",
                "wsgi.version": (1, 0),
                "wsgi.multithread": True,
                "wsgi.multiprocess": False,
                "wsgi.run_once": False,
            },
            lambda said, _headers: told.append(said),
        )
        body = b"".join(answer)
        answer.close()
        if not told[0].startswith("200"):
            raise SystemExit(f"{path}: {told[0]}")
        return body

    return ask


class _NoMigrations:
    """Says of every app that it has no migrations."""

    def __contains__(self, _app: str) -> bool:
        return True

    def __getitem__(self, _app: str) -> None:
        return None

    def get(self, _app: str, _other: Any = None) -> None:
        return None


def main(rounds: int, orders: int) -> None:
    # Its tables as its models say, not by the hundreds of steps that led there.
    importlib.import_module("django.conf").settings.MIGRATION_MODULES = _NoMigrations()
    importlib.import_module("django").setup()
    importlib.import_module("django.core.management").call_command("migrate", run_syncdb=True, verbosity=0)
    ask = _asker(_fill(orders))
    with importlib.import_module("django.db").connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    path = "/control/event/organiser/event/orders/?page_size=25"
    times = []
    for number in range(rounds + WARM):
        began = time.perf_counter()
        body = ask(path)
        if number >= WARM:
            times.append(time.perf_counter() - began)
    if f"A{orders - 1:06d}".encode() not in body:
        raise SystemExit("The list does not show the newest order.")
    sys.stdout.write("\n" + json.dumps(times) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
