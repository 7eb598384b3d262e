{{/*
What runs all the time, as a list: where its values are (`key`), and how it is called.
`reads` is the topic whose backlog is its; the group has its name.
Every further CRM has a crm-notifier of its own, with the values of the first.
*/}}
{{- define "whatsapp-agent.components" -}}
- {key: ingressService, name: ingress, prefix: INGRESS, kind: Deployment}
- {key: sessionCore, name: session-core, prefix: SESSION_CORE, kind: StatefulSet, reads: session-commands}
- {key: sender, name: sender, prefix: SENDER, kind: Deployment, reads: session-events}
- {key: fileManager, name: file-manager, prefix: FILE_MANAGER, kind: Deployment, reads: session-events}
- {key: crmNotifier, name: crm-notifier, prefix: CRM_NOTIFIER, kind: Deployment, reads: session-events}
{{- range $name, $_ := .Values.crm.further }}
- {key: crmNotifier, name: crm-notifier-{{ $name }}, prefix: CRM_NOTIFIER, kind: Deployment, reads: session-events}
{{- end }}
{{- end -}}

{{/* What is said of the CRM that a crm-notifier tells; what a further one does not say is as for the first. */}}
{{- define "whatsapp-agent.crm" -}}
{{- $first := .root.Values.crm -}}
{{- if eq .name "crm-notifier" -}}
{{- $first | toYaml -}}
{{- else -}}
{{- get $first.further (trimPrefix "crm-notifier-" .name) | mergeOverwrite (deepCopy (omit $first "further" "existingSecret" "tell" "map" "start" "variables" "secretVariables")) | toYaml -}}
{{- end -}}
{{- end -}}

{{/* The ConfigMap of a crm-notifier's map; another map is another one, so that the pods start anew. */}}
{{- define "whatsapp-agent.crm.mapName" -}}
{{- $map := (include "whatsapp-agent.crm" . | fromYaml).map -}}
{{- printf "%s-%s-map-%s" (include "whatsapp-agent.fullname" .root) .name (sha256sum $map | trunc 8) -}}
{{- end -}}

{{/* How many pods a component has at least, whoever scales it. */}}
{{- define "whatsapp-agent.fewest" -}}
{{- if .keda.enabled -}}{{ .keda.minReplicaCount }}
{{- else if .autoscaling.enabled -}}{{ .autoscaling.minReplicas }}
{{- else -}}{{ .replicas }}{{- end -}}
{{- end -}}

{{/* How many pods a component has at most, whoever scales it. */}}
{{- define "whatsapp-agent.most" -}}
{{- if .keda.enabled -}}{{ .keda.maxReplicaCount }}
{{- else if .autoscaling.enabled -}}{{ .autoscaling.maxReplicas }}
{{- else -}}{{ .replicas }}{{- end -}}
{{- end -}}
