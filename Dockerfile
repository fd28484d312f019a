# One image for every process of production: web, workers, beat and set-up (docker-compose.yml says which is which).
# Packages come from requirements-production.lock and nothing else; the process is not root and writes only to
# FILE_STORE and /tmp.

FROM python:3.12-slim-bookworm AS base
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        fonts-liberation libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 brokerage \
    && useradd --uid 10001 --gid brokerage --no-create-home --home-dir /tmp --shell /usr/sbin/nologin brokerage \
    && install --directory --owner=brokerage --group=brokerage --mode=0700 /srv/files /srv/retired-certificates
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    FILE_STORE=/srv/files VAR_DIR=/tmp/var SEALING_RETIRED_DIR=/srv/retired-certificates
WORKDIR /app

FROM base AS build
COPY script/installer.lock requirements-production.lock /build/
RUN python -m pip install --no-cache-dir --require-hashes --requirement /build/installer.lock \
    && python -m venv --without-pip /opt/venv \
    && uv pip install --no-cache --compile-bytecode --python /opt/venv/bin/python --require-hashes \
        --requirement /build/requirements-production.lock
COPY . .
RUN python manage.py collectstatic --noinput --ignore rest_framework \
    && python -m compileall -q brokerage providers dpv placements contracts

FROM base
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
USER brokerage
EXPOSE 8000
# The number of web processes is WEB_CONCURRENCY.
CMD ["gunicorn", "brokerage.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", \
     "--threads", "8", "--timeout", "60", "--graceful-timeout", "25", "--preload", "--worker-tmp-dir", "/dev/shm", \
     "--no-control-socket", "--logger-class", "brokerage.access_log.AccessLog", "--access-logfile", "-", "--access-logformat", "%(m)s %(U)s %(s)s %(M)sms"]
