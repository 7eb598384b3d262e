{{/* What pods find on disk. Only /tmp can be written to. */}}

{{/* Is a bundle of certificates named? Call it with the bundle: .Values.s3.ca. */}}
{{- define "whatsapp-agent.ca.given" -}}
{{- .existingSecret | default .existingConfigMap -}}
{{- end -}}

{{/* (dict "name" "kafka-ca" "ca" .Values.kafka.security.ca) */}}
{{- define "whatsapp-agent.ca.volume" -}}
- name: {{ .name }}
  {{- if .ca.existingSecret }}
  secret:
    secretName: {{ .ca.existingSecret | quote }}
  {{- else }}
  configMap:
    name: {{ .ca.existingConfigMap | quote }}
  {{- end }}
    items:
      - key: {{ .ca.key | quote }}
        path: ca.crt
{{- end -}}

{{/* What a component, or a Job, needs: words with blanks between them. */}}
{{- define "whatsapp-agent.needs" -}}
{{- $needs := dict
  "ingress" "kafka"
  "session-core" "kafka postgresql"
  "sender" "kafka graph"
  "file-manager" "kafka graph s3 clamd"
  "crm-notifier" "kafka crm"
  "migrations" "postgresql"
  "topics" "kafka"
  "doctor" "kafka postgresql graph s3 clamd crm services"
-}}
{{- get $needs (ternary "crm-notifier" .name (hasPrefix "crm-notifier-" .name)) -}}
{{- end -}}

{{/* What file-manager needs of the disk: as many of the largest files as it has on their way at once. */}}
{{- define "whatsapp-agent.filesOnTheirWay" -}}
{{- $settings := .values.settings -}}
{{- divf (float64 $settings.maxBytes) 1048576.0 | ceil | mulf (float64 $settings.concurrency) | addf 64.0 | int }}Mi
{{- end -}}

{{- define "whatsapp-agent.volumes" -}}
{{- $security := .root.Values.kafka.security -}}
{{- $needs := splitList " " (include "whatsapp-agent.needs" .) -}}
- name: tmp
  emptyDir:
    {{- /* file-manager has the files on their way there, whole. */}}
    sizeLimit: {{ if eq .name "file-manager" }}{{ include "whatsapp-agent.filesOnTheirWay" . }}{{ else }}64Mi{{ end }}
{{- if and (hasSuffix "SSL" $security.protocol) (has "kafka" $needs) }}
{{- if include "whatsapp-agent.ca.given" $security.ca }}
{{ include "whatsapp-agent.ca.volume" (dict "name" "kafka-ca" "ca" $security.ca) }}
{{- end }}
{{- if $security.clientCertificate.enabled }}
- name: kafka-user
  secret:
    secretName: {{ include "whatsapp-agent.kafka.certificateSecret" . | quote }}
    defaultMode: 0440
    items:
      - key: {{ $security.clientCertificate.certKey | quote }}
        path: tls.crt
      - key: {{ $security.clientCertificate.keyKey | quote }}
        path: tls.key
{{- end }}
{{- end }}
{{- if and (has "kafka" $needs) (include "whatsapp-agent.kafka.byToken" .root) (include "whatsapp-agent.ca.given" $security.oauth.ca) }}
{{ include "whatsapp-agent.ca.volume" (dict "name" "oauth-ca" "ca" $security.oauth.ca) }}
{{- end }}
{{- if and (has "postgresql" $needs) (include "whatsapp-agent.ca.given" .root.Values.postgresql.ca) }}
{{ include "whatsapp-agent.ca.volume" (dict "name" "postgresql-ca" "ca" .root.Values.postgresql.ca) }}
{{- end }}
{{- if and (has "s3" $needs) (include "whatsapp-agent.ca.given" .root.Values.s3.ca) (not (hasPrefix "http://" .root.Values.s3.endpointUrl)) }}
{{ include "whatsapp-agent.ca.volume" (dict "name" "s3-ca" "ca" .root.Values.s3.ca) }}
{{- end }}
{{- if or (eq .name "session-core") (and (eq .name "doctor") .root.Values.sessionCore.enabled) }}
- name: flows
  configMap:
    name: {{ .root.Values.flows.existingConfigMap | default (printf "%s-flows" (include "whatsapp-agent.fullname" .root)) | quote }}
{{- end }}
{{- if hasPrefix "crm-notifier" .name }}
{{- if (include "whatsapp-agent.crm" . | fromYaml).map }}
- name: crm-map
  configMap:
    name: {{ include "whatsapp-agent.crm.mapName" . }}
{{- end }}
{{- end }}
{{- with .values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Every volume of ours is mounted under its own name. */}}
{{- define "whatsapp-agent.volumeMounts" -}}
- name: tmp
  mountPath: /tmp
{{- range include "whatsapp-agent.volumes" . | fromYamlArray }}
{{- if has .name (list "kafka-ca" "kafka-user" "oauth-ca" "postgresql-ca" "s3-ca" "flows" "crm-map") }}
- name: {{ .name }}
  mountPath: /etc/whatsapp-agent/{{ .name }}
  readOnly: true
{{- end }}
{{- end }}
{{- with .values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}
