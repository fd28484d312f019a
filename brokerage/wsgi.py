"""The WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import reverse

from brokerage.startup import refuse_unsafe_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "brokerage.settings")

application = get_wsgi_application()
refuse_unsafe_start()
# Every view is loaded before the first request, once for all processes: nobody waits for it at six on a Friday.
reverse("home")
