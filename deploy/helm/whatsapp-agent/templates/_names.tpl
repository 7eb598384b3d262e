{{/* What things are called, and by which labels they are found. */}}

{{/* 39 letters, since a pod of session-core has its StatefulSet's name with up to 11 more in a label, which takes 63. */}}
{{- define "whatsapp-agent.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 39 | trimSuffix "-" -}}
{{- else -}}
{{- $name := .Values.nameOverride | default .Chart.Name -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 39 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 39 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The labels of a release, which never change: (dict "root" $). */}}
{{- define "whatsapp-agent.releaseSelector" -}}
app.kubernetes.io/name: {{ .root.Values.nameOverride | default .root.Chart.Name | trunc 63 | trimSuffix "-" | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
{{- end -}}

{{/* The labels that select a component's pods: (dict "root" $ "name" "sender"). */}}
{{- define "whatsapp-agent.selector" -}}
{{ include "whatsapp-agent.releaseSelector" . }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{/* All labels of an object; without "name" those of what belongs to the whole release. */}}
{{- define "whatsapp-agent.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ if .name }}{{ include "whatsapp-agent.selector" . }}{{ else }}{{ include "whatsapp-agent.releaseSelector" . }}{{ end }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: whatsapp-agent
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- with .root.Values.global.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Labels of pods: without the chart's version, so that a new chart alone restarts nobody. */}}
{{- define "whatsapp-agent.podLabels" -}}
{{ include "whatsapp-agent.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: whatsapp-agent
{{- with mergeOverwrite (deepCopy .root.Values.global.commonLabels) .root.Values.global.podLabels .values.podLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "whatsapp-agent.serviceAccountName" -}}
{{- $account := .values.serviceAccount -}}
{{- if $account.create -}}
{{- $account.name | default (printf "%s-%s" (include "whatsapp-agent.fullname" .root) .name) -}}
{{- else -}}
{{- $account.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* The image of a component: (dict "root" $ "image" .Values.sender.image). */}}
{{- define "whatsapp-agent.image" -}}
{{- $repository := .image.repository -}}
{{- with .root.Values.global.imageRegistry -}}
{{- $repository = printf "%s/%s" (trimSuffix "/" .) $repository -}}
{{- end -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (.image.tag | default .root.Values.global.imageTag | default .root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* A digest never changes, a tag may; one-node clusters often have images that no registry has. */}}
{{- define "whatsapp-agent.pullPolicy" -}}
{{- $automatic := ternary "IfNotPresent" "Always" (or (ne .image.digest "") (eq .root.Values.profile "dev")) -}}
{{- .image.pullPolicy | default .root.Values.global.imagePullPolicy | default $automatic -}}
{{- end -}}
