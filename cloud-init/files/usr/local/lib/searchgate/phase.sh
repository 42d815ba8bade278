# shellcheck shell=bash disable=SC2034
# What every phase begins with: strict mode, this host's settings, the places, and the few words that phases speak in.
# SEARCHGATE_ROOT puts a folder in the place of /, so that the scripts can be run beside a host.
set -Eeuo pipefail
umask 077

root=${SEARCHGATE_ROOT:-}
here=$root/usr/local/lib/searchgate
run=$root/run/searchgate                # of this boot, in memory: what is secret stays here
state=$root/var/lib/searchgate          # of this host's root disk: what has been applied to it
volume=$root/srv/searchgate             # the data volume: what outlives the host
elasticsearch_etc=$root/etc/elasticsearch
kibana_etc=$root/etc/kibana
parameters=$run/parameters
certificate_authority=$elasticsearch_etc/certs/ca.crt

set -a
# shellcheck source=/dev/null
. "$root/etc/searchgate/host.env"
set +a
export AWS_DEFAULT_REGION=$REGION AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=8 AWS_PAGER=''
mkdir -p "$run" "$state"

# What the phase's line in the log ends with.
summary() { printf '%s' "$*" > "$run/summary"; }

# fail REASON: may pass by itself, so the unit tries again. refuse REASON: only an operator can change it.
# The reason says what is wrong and what to do, in one line.
fail() { printf '%s' "$*" > "$run/reason"; exit 1; }
refuse() { printf '%s' "$*" > "$run/reason"; exit 3; }
# What a phase did not foresee. The command as it is written in the script, not as expanded: no value gets into the log.
unexpected() {
  local status=$?
  [ -s "$run/reason" ] || printf '%s, line %s: "%s" ended with status %s; see journalctl -u searchgate-setup' "${0##*/}" "$1" "${2%%$'\n'*}" "$status" > "$run/reason"
}
trap 'unexpected "$LINENO" "$BASH_COMMAND"' ERR

# place OWNER:GROUP MODE PATH: standard input becomes that file in one step. What differed is listed in $run/changed.
place() {
  local new=$3.new
  cat > "$new"
  chown "$1" "$new"
  chmod "$2" "$new"
  if cmp --silent "$new" "$3"; then
    touch -r "$3" "$new"
  else
    echo "$3" >> "$run/changed"
  fi
  mv "$new" "$3"
}

# applied NAME VALUE: whether VALUE is what was applied as NAME before. remember NAME VALUE: it is now, and a power cut does not leave the digest
# without what it stands for. Only a digest is kept.
digest() { printf '%s' "$1" | sha256sum | cut -d ' ' -f 1; }
applied() { [ "$(cat "$state/$1.applied" 2> /dev/null)" = "$(digest "$2")" ]; }
remember() { sync -f "$state"; digest "$2" > "$state/$1.applied"; }

# json_string TEXT: TEXT as a JSON string.
json_string() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\t'/ }
  printf '"%s"' "${text//$'\n'/\\n}"
}

# ssm ACTION...: Systems Manager, which is far away or not there: what gives no answer within seconds is asked again.
ssm() { aws ssm "$1" --cli-connect-timeout 5 --cli-read-timeout 15 "${@:2}"; }

# put_parameter NAME TYPE VALUE [true]: the value goes through a file in memory, so that no process list shows it; true overwrites.
put_parameter() {
  local input status=0
  input=$(mktemp "$run/put.XXXXXX")
  printf '{"Name":%s,"Type":"%s","Value":%s,"Overwrite":%s}' "$(json_string "$1")" "$2" "$(json_string "$3")" "${4:-false}" > "$input"
  ssm put-parameter --cli-input-json "file://$input" --output text > /dev/null || status=$?
  rm -f "$input"
  return "$status"
}

# ask SERVER_NAME PORT PATH [OPTION...]: this host's own services, over TLS. An error answer is printed as well, with status 22.
ask() {
  curl --silent --fail-with-body --max-time 10 --cacert "$certificate_authority" --resolve "$1:$2:$PRIVATE_ADDRESS" "${@:4}" "https://$1:$2$3"
}
# as_health PATH: Elasticsearch, as the user for health checks.
as_health() { ask "$ELASTICSEARCH_SERVER_NAME" "$ELASTICSEARCH_PORT" "$1" --netrc-file "$run/health.netrc"; }
kibana_available() { ask "$KIBANA_SERVER_NAME" "$KIBANA_PORT" /api/status > /dev/null; } # 503 until it is ready
