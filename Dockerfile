# A small image of the command line: docker build -t provisioner . && docker run --rm provisioner --help
FROM python:3.12-slim AS build
WORKDIR /source
COPY action/requirements.txt pyproject.toml README.md LICENSE ./
COPY provisioner provisioner
RUN python -m venv /opt/provisioner \
 && /opt/provisioner/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps \
      --require-hashes --only-binary :all: --requirement requirements.txt \
 && /opt/provisioner/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps . \
 && /opt/provisioner/bin/pip uninstall --yes --quiet pip

FROM python:3.12-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin provisioner \
 && install -d -o provisioner -g provisioner /work
COPY --from=build /opt/provisioner /opt/provisioner
ENV PATH=/opt/provisioner/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /work
ENTRYPOINT ["provisioner"]
CMD ["--help"]
