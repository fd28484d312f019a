"""The WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application

from brokerage.startup import refuse_unsafe_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "brokerage.settings")

application = get_wsgi_application()
refuse_unsafe_start()
