{{/* What each service does on Kafka. `prefix: true` means every name that begins so. */}}
{{- define "whatsapp-agent.kafka.rights" -}}
- key: ingressService
  user: ingress
  acls:
    - {type: topic, name: session-commands, may: [Write, Describe]}
    - {type: topic, name: account-updates, may: [Write, Describe]}
    - {type: topic, name: webhook-parked, may: [Write, Describe]}
- key: sessionCore
  user: session-core
  acls:
    - {type: topic, name: session-commands, may: [Read, Write, Describe]}
    - {type: topic, name: session-events, may: [Read, Write, Describe]}
    - {type: topic, name: session-commands.parked, may: [Write, Describe]}
    - {type: group, name: session-core, may: [Read, Describe]}
    - {type: transactionalId, name: session-events-, prefix: true, may: [Write, Describe]}
- key: sender
  user: sender
  acls:
    - {type: topic, name: session-events, may: [Read, Describe]}
    - {type: topic, name: account-updates, may: [Read, Describe]}
    - {type: topic, name: sender-ledger, may: [Read, Write, Describe]}
    - {type: topic, name: session-commands, may: [Write, Describe]}
    - {type: topic, name: session-events.parked.sender, may: [Write, Describe]}
    - {type: group, name: sender, may: [Read, Describe]}
    - {type: topic, name: session-events.redriven.sender, may: [Read, Describe]}
    - {type: group, name: sender.redriven, may: [Read, Describe]}
    - {type: transactionalId, name: sender-ledger-, prefix: true, may: [Write, Describe]}
- key: fileManager
  user: file-manager
  acls:
    - {type: topic, name: session-events, may: [Read, Describe]}
    - {type: topic, name: session-commands, may: [Write, Describe]}
    - {type: topic, name: session-events.parked.file-manager, may: [Write, Describe]}
    - {type: group, name: file-manager, may: [Read, Describe]}
    - {type: topic, name: session-events.redriven.file-manager, may: [Read, Describe]}
    - {type: group, name: file-manager.redriven, may: [Read, Describe]}
{{- range include "whatsapp-agent.components" . | fromYamlArray }}
{{- if eq .key "crmNotifier" }}
- key: crmNotifier
  user: {{ .name }}
  acls:
    - {type: topic, name: session-events, may: [Read, Describe]}
    - {type: topic, name: session-commands, may: [Write, Describe]}
    - {type: topic, name: session-events.parked.{{ .name }}, may: [Write, Describe]}
    - {type: group, name: {{ .name }}, may: [Read, Describe]}
    - {type: topic, name: session-events.redriven.{{ .name }}, may: [Read, Describe]}
    - {type: group, name: {{ .name }}.redriven, may: [Read, Describe]}
{{- end }}
{{- end }}
- key: agentctl
  user: agentctl
  acls:
    {{- range include "whatsapp-agent.kafka.topics" . | fromYamlArray }}
    {{- $redrives := or (has .name (list "session-commands" "operator-acts")) (contains ".redriven." .name) }}
    - {type: topic, name: {{ .name }}, may: [Read, {{ ternary "Write, " "" $redrives }}Create, Describe, DescribeConfigs]}
    {{- end }}
    {{- range include "whatsapp-agent.components" . | fromYamlArray }}
    {{- if .reads }}
    - {type: group, name: {{ .name }}, may: [Read, Describe]}
    {{- end }}
    {{- end }}
    - {type: transactionalId, name: agentctl, prefix: true, may: [Write, Describe]}
    - {type: cluster, may: [Describe, DescribeConfigs]}
{{- end -}}
