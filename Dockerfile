# Two images from one file: `services` holds the four services and the migrator, `database` is PostgreSQL that knows the
# services' users, so that peer authentication over the shared socket needs no password.
FROM swift:6.3-bookworm AS build
RUN apt-get update -q \
    && apt-get install -y -q --no-install-recommends pkg-config libpq-dev libmaxminddb-dev libjansson-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /weir
COPY Package.swift ./
COPY Libraries Libraries
COPY Services Services
COPY Tests Tests
COPY examples examples
COPY scripts/build scripts/start-order.txt scripts/
RUN for product in collector detector throttle reporter; do \
        scripts/build --product "$product" || exit 1; \
    done \
    && mkdir /products \
    && for product in collector detector throttle reporter; do \
        strip -o "/products/$product" ".build/release/$product" || exit 1; \
    done

FROM debian:12-slim AS services
RUN apt-get update -q \
    && apt-get install -y -q --no-install-recommends libpq5 libmaxminddb0 libjansson4 postgresql-client \
    && rm -rf /var/lib/apt/lists/*
# One group, because the sockets are files that these containers share; a user per service, because the database asks.
RUN groupadd --gid 10000 weir \
    && useradd --uid 10001 --gid weir --no-create-home --shell /usr/sbin/nologin weir_collector \
    && useradd --uid 10002 --gid weir --no-create-home --shell /usr/sbin/nologin weir_detector \
    && useradd --uid 10003 --gid weir --no-create-home --shell /usr/sbin/nologin weir_throttle \
    && useradd --uid 10004 --gid weir --no-create-home --shell /usr/sbin/nologin weir_reporter \
    && useradd --uid 10005 --gid weir --no-create-home --shell /usr/sbin/nologin weir_owner \
    && useradd --uid 10006 --gid weir --no-create-home --shell /usr/sbin/nologin weir_operator \
    && install -d -m 0770 -o root -g weir /run/weir \
    && install -d -m 0700 -o weir_collector -g weir /var/lib/weir /var/lib/weir/spool /var/lib/weir/dead
COPY --from=build /products/ /usr/lib/weir/
COPY schema /usr/lib/weir/schema
COPY scripts/ask /usr/lib/weir/ask
RUN ln -s ../lib/weir/reporter /usr/bin/analytics

FROM postgres:15-bookworm AS database
RUN groupadd --gid 10000 weir \
    && useradd --uid 10001 --gid weir --no-create-home --shell /usr/sbin/nologin weir_collector \
    && useradd --uid 10002 --gid weir --no-create-home --shell /usr/sbin/nologin weir_detector \
    && useradd --uid 10003 --gid weir --no-create-home --shell /usr/sbin/nologin weir_throttle \
    && useradd --uid 10004 --gid weir --no-create-home --shell /usr/sbin/nologin weir_reporter \
    && useradd --uid 10005 --gid weir --no-create-home --shell /usr/sbin/nologin weir_owner \
    && useradd --uid 10006 --gid weir --no-create-home --shell /usr/sbin/nologin weir_operator
# The migrator owns the database and makes the other roles; it is nobody beyond that.
RUN printf '%s\n' 'create role weir_owner login createrole;' 'alter database weir owner to weir_owner;' \
    > /docker-entrypoint-initdb.d/owner.sql
