{{/* Pods: what all have in common, and what those of the components add. */}}

{{- define "whatsapp-agent.podMetadata" -}}
labels:
  {{- include "whatsapp-agent.podLabels" . | nindent 2 }}
{{- with mergeOverwrite (deepCopy .root.Values.global.podAnnotations) .values.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Where a pod runs, as whom, and with how little: (dict "root" $ "name" "sender" "values" .Values.sender). */}}
{{- define "whatsapp-agent.podSpec" -}}
{{- $global := .root.Values.global -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- mergeOverwrite (deepCopy $global.podSecurityContext) .values.podSecurityContext | toYaml | nindent 2 }}
{{- with $global.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName | default $global.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .values.nodeSelector | default $global.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations | default $global.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity | default $global.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* A spread constraint counts the component's own pods unless it says whose. */}}
{{- define "whatsapp-agent.topologySpread" -}}
{{- range .values.topologySpreadConstraints | default .root.Values.global.topologySpreadConstraints }}
- {{ toYaml . | nindent 2 | trim }}
  {{- if not .labelSelector }}
  labelSelector:
    matchLabels:
      {{- include "whatsapp-agent.selector" $ | nindent 6 }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* The container of ours: (dict … "image" .Values.sender.image "resources" …). */}}
{{- define "whatsapp-agent.container" -}}
name: {{ .name }}
image: {{ include "whatsapp-agent.image" . }}
imagePullPolicy: {{ include "whatsapp-agent.pullPolicy" . }}
securityContext:
  {{- mergeOverwrite (deepCopy .root.Values.global.containerSecurityContext) .values.containerSecurityContext | toYaml | nindent 2 }}
resources:
  {{- toYaml .values.resources | nindent 2 }}
{{- with .values.extraEnvFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  {{- include "whatsapp-agent.volumeMounts" . | nindent 2 }}
{{- end -}}

{{/* The defaults' rollingUpdate is there whatever the type; beside another type Kubernetes takes none. */}}
{{- define "whatsapp-agent.updateStrategy" -}}
{{- ternary . (pick . "type") (eq .type "RollingUpdate") | toYaml -}}
{{- end -}}

{{- define "whatsapp-agent.probe" -}}
httpGet:
  path: {{ .path }}
  port: http
{{ toYaml .probe }}
{{- end -}}

{{/* The pod of a component that runs all the time. */}}
{{- define "whatsapp-agent.componentPod" -}}
{{- $with := merge (dict "image" .values.image) . -}}
metadata:
  {{- include "whatsapp-agent.podMetadata" . | nindent 2 }}
spec:
  serviceAccountName: {{ include "whatsapp-agent.serviceAccountName" . | quote }}
  {{- include "whatsapp-agent.podSpec" . | nindent 2 }}
  terminationGracePeriodSeconds: {{ .values.terminationGracePeriodSeconds }}
  {{- with include "whatsapp-agent.topologySpread" . | trim }}
  topologySpreadConstraints:
    {{- . | nindent 4 }}
  {{- end }}
  containers:
    - {{ include "whatsapp-agent.container" $with | nindent 6 | trim }}
      {{- if eq .name "session-core" }}
      args: [run]
      {{- end }}
      env:
        {{- include "whatsapp-agent.env" . | nindent 8 }}
      ports:
        - name: http
          containerPort: 8080
        {{- if or (and (eq .name "session-core") .root.Values.queryApi.enabled) (and (eq .name "file-manager") .root.Values.fileLinks.enabled) }}
        - name: api
          containerPort: 8081
        {{- end }}
      startupProbe:
        {{- include "whatsapp-agent.probe" (dict "path" "/livez" "probe" .values.probes.startup) | nindent 8 }}
      livenessProbe:
        {{- include "whatsapp-agent.probe" (dict "path" "/livez" "probe" .values.probes.liveness) | nindent 8 }}
      readinessProbe:
        {{- include "whatsapp-agent.probe" (dict "path" "/readyz" "probe" .values.probes.readiness) | nindent 8 }}
      {{- with .values.preStopSeconds }}
      # Whoever still has this pod's address sends to it meanwhile.
      lifecycle:
        preStop:
          sleep:
            seconds: {{ . }}
      {{- end }}
  volumes:
    {{- include "whatsapp-agent.volumes" . | nindent 4 }}
{{- end -}}
