{{/*
Jobs: (dict "root" $ "name" "migrations" "user" "agentctl" "prefix" "AGENT" "values" .Values.agentctl "image" … "args" … "weight" …).
What a Job needs (account, network) is a hook too, with a lower weight: nothing else of the release is there before it is installed.
*/}}

{{- define "whatsapp-agent.hook" -}}
helm.sh/hook: {{ .events }}
helm.sh/hook-weight: {{ .weight | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}

{{- define "whatsapp-agent.job.env" -}}
{{- if ne .name "migrations" }}
{{ include "whatsapp-agent.env.kafka" . }}
{{- with .root.Values.crm.further }}
{{ include "whatsapp-agent.env.plain" (dict "name" "AGENT_CRM_NAMES" "value" (keys . | sortAlpha | toJson)) }}
{{- end }}
{{- end }}
{{- if eq .name "migrations" }}
{{ include "whatsapp-agent.env.postgresql" . }}
{{- else if eq .name "doctor" }}
{{ include "whatsapp-agent.env.postgresql" . }}
{{ include "whatsapp-agent.env.graph" . }}
{{ include "whatsapp-agent.env.doctor" . | trim }}
{{- end }}
{{- with .values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "whatsapp-agent.job.spec" -}}
backoffLimit: {{ .root.Values.jobs.backoffLimit }}
activeDeadlineSeconds: {{ .root.Values.jobs.activeDeadlineSeconds }}
template:
  metadata:
    {{- include "whatsapp-agent.podMetadata" . | nindent 4 }}
  spec:
    restartPolicy: Never
    serviceAccountName: {{ include "whatsapp-agent.serviceAccountName" (merge (dict "name" "agentctl") .) | quote }}
    {{- include "whatsapp-agent.podSpec" . | nindent 4 }}
    containers:
      - {{ include "whatsapp-agent.container" . | nindent 8 | trim }}
        args: {{ .args | toJson }}
        env:
          {{- include "whatsapp-agent.job.env" . | trim | nindent 10 }}
    volumes:
      {{- include "whatsapp-agent.volumes" . | nindent 6 }}
{{- end -}}

{{/* A Job cannot be changed, so without hooks every change makes another one. */}}
{{- define "whatsapp-agent.job" -}}
{{- $jobs := .root.Values.jobs -}}
{{- $spec := include "whatsapp-agent.job.spec" . -}}
{{- $name := printf "%s-%s" (include "whatsapp-agent.fullname" .root) .name -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ ternary $name (printf "%s-%s" $name (sha256sum $spec | trunc 8)) $jobs.useHelmHooks }}
  namespace: {{ .root.Release.Namespace | quote }}
  labels:
    {{- include "whatsapp-agent.labels" . | nindent 4 }}
  {{- if or $jobs.useHelmHooks $jobs.annotations }}
  annotations:
    {{- if $jobs.useHelmHooks }}
    {{- include "whatsapp-agent.hook" (dict "events" "pre-install,pre-upgrade" "weight" .weight) | nindent 4 }}
    {{- end }}
    {{- with $jobs.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
spec:
  {{- $spec | nindent 2 }}
{{- end -}}
