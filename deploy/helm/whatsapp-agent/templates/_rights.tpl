{{/* What each service does on Kafka. `prefix: true` means every name that begins so. */}}
{{- define "whatsapp-agent.kafka.rights" -}}
ingressService:
  user: ingress
  acls:
    - {type: topic, name: session-commands, may: [Write, Describe]}
    - {type: topic, name: account-updates, may: [Write, Describe]}
    - {type: topic, name: webhook-parked, may: [Write, Describe]}
sessionCore:
  user: session-core
  acls:
    - {type: topic, name: session-commands, may: [Read, Write, Describe]}
    - {type: topic, name: session-events, may: [Read, Write, Describe]}
    - {type: topic, name: session-commands.parked, may: [Write, Describe]}
    - {type: group, name: session-core, may: [Read, Describe]}
    - {type: transactionalId, name: session-events-, prefix: true, may: [Write, Describe]}
sender:
  user: sender
  acls:
    - {type: topic, name: session-events, may: [Read, Describe]}
    - {type: topic, name: account-updates, may: [Read, Describe]}
    - {type: topic, name: sender-ledger, may: [Read, Write, Describe]}
    - {type: topic, name: session-commands, may: [Write, Describe]}
    - {type: topic, name: session-events.parked.sender, may: [Write, Describe]}
    - {type: group, name: sender, may: [Read, Describe]}
    - {type: transactionalId, name: sender-ledger-, prefix: true, may: [Write, Describe]}
fileManager:
  user: file-manager
  acls:
    - {type: topic, name: session-events, may: [Read, Describe]}
    - {type: topic, name: session-commands, may: [Write, Describe]}
    - {type: topic, name: session-events.parked.file-manager, may: [Write, Describe]}
    - {type: group, name: file-manager, may: [Read, Describe]}
crmNotifier:
  user: crm-notifier
  acls:
    - {type: topic, name: session-events, may: [Read, Describe]}
    - {type: topic, name: session-commands, may: [Write, Describe]}
    - {type: topic, name: session-events.parked.crm-notifier, may: [Write, Describe]}
    - {type: group, name: crm-notifier, may: [Read, Describe]}
agentctl:
  user: agentctl
  acls:
    {{- range .Files.Get "files/topics.yaml" | fromYamlArray }}
    - {type: topic, name: {{ .name }}, may: [Read, Write, Create, Describe, DescribeConfigs, AlterConfigs]}
    {{- end }}
    {{- range list "session-core" "sender" "file-manager" "crm-notifier" }}
    - {type: group, name: {{ . }}, may: [Read, Describe]}
    {{- end }}
    - {type: cluster, may: [Describe, DescribeConfigs]}
{{- end -}}
