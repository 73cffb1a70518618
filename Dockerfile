FROM python:3.11-slim
WORKDIR /opt/headwater
COPY requirements.lock ./
RUN python -m pip install --no-cache-dir --no-deps -r requirements.lock
COPY . .
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation --editable . \
 && useradd --system --home /var/lib/headwater --create-home headwater
ENV HEADWATER_HOME=/var/lib/headwater
USER headwater
CMD ["headwater", "--help"]
