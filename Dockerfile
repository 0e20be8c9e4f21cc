# One image for web, workers and beat: the command says which (see compose.yaml).
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
WORKDIR /app
COPY requirements requirements
COPY scripts/setup scripts/bill_of_materials.py scripts/
COPY locale locale
COPY portal/accounts/locale portal/accounts/locale
COPY package.json package-lock.json .npmrc ./
# uv beside the environment, and no pip in it: the image needs no installer.
RUN python3 -m venv /opt/uv \
    && /opt/uv/bin/pip install --quiet --require-hashes -r requirements/uv.txt \
    && PATH="$PATH:/opt/uv/bin" scripts/setup --production \
    && /opt/uv/bin/uv pip uninstall --quiet --python .venv pip
# What the image is made of (CycloneDX), and under which licences; what finds that out stays behind too.
RUN python3 -m venv --without-pip /opt/sbom \
    && /opt/uv/bin/uv pip sync --quiet --python /opt/sbom --require-hashes requirements/sbom.txt \
    && PATH="/opt/sbom/bin:$PATH:/app/var/node/bin" .venv/bin/python scripts/bill_of_materials.py sbom
COPY manage.py ./
COPY portal portal
COPY static static
COPY templates templates
# Secrets of this one command: nothing of them stays.
RUN SECRET_KEY=$(head -c 48 /dev/urandom | base64 -w 0) CREDENTIAL_KEYS=$(head -c 32 /dev/urandom | base64 -w 0) \
    .venv/bin/python manage.py collectstatic --no-input --verbosity 0

FROM ${BASE}
# What WeasyPrint needs to make PDFs (its fonts come with the npm packages), and PostgreSQL's programs for backups.
RUN apt-get update -qq \
    && apt-get install --yes --no-install-recommends -qq libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 postgresql-client \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --no-create-home --home-dir /app --shell /usr/sbin/nologin portal
WORKDIR /app
# What fontconfig finds out about fonts goes where something can be written.
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 XDG_CACHE_HOME=/tmp
COPY --from=build /app/.venv .venv
COPY --from=build /app/staticfiles staticfiles
COPY --from=build /app/locale locale
COPY --from=build /app/sbom sbom
# Fonts are written into the PDFs; all else of node_modules is among the static files.
COPY --from=build /app/node_modules/@fontsource/source-sans-3/files node_modules/@fontsource/source-sans-3/files
COPY --from=build /app/node_modules/dejavu-fonts-ttf/ttf node_modules/dejavu-fonts-ttf/ttf
COPY --from=build /app/node_modules/@expo-google-fonts/noto-emoji/400Regular node_modules/@expo-google-fonts/noto-emoji/400Regular
COPY manage.py gunicorn.conf.py ./
COPY --from=build /app/portal portal
COPY static static
COPY templates templates
USER portal
EXPOSE 8000
CMD ["gunicorn", "portal.wsgi", "--bind", "0.0.0.0:8000"]
