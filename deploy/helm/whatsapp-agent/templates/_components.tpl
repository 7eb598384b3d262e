{{/*
The components that run all the time, by their key in the values.
`reads` is the topic whose backlog is theirs; the group has the component's name.
*/}}
{{- define "whatsapp-agent.components" -}}
ingressService: {name: ingress, prefix: INGRESS, kind: Deployment}
sessionCore: {name: session-core, prefix: SESSION_CORE, kind: StatefulSet, reads: session-commands}
sender: {name: sender, prefix: SENDER, kind: Deployment, reads: session-events}
fileManager: {name: file-manager, prefix: FILE_MANAGER, kind: Deployment, reads: session-events}
crmNotifier: {name: crm-notifier, prefix: CRM_NOTIFIER, kind: Deployment, reads: session-events}
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
