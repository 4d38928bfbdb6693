#!/usr/bin/env bash
# Debian's NATS server and Mosquitto, a broker of MQTT: 5 s.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
brokers=$(program brokers)
[ ! -d "$brokers" ] || exit 0
unpack_debian "$(dirname "$brokers")" nats-server mosquitto
