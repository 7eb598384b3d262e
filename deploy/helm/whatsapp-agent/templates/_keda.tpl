{{/* What KEDA needs to ask Kafka for the lag; it reads what the scaled container itself is told. */}}
{{- define "whatsapp-agent.keda.authentication" -}}
{{- $security := .root.Values.kafka.security -}}
{{- $container := .name -}}
{{- $prefix := printf "%s_KAFKA" .prefix -}}
{{- if hasPrefix "SASL" $security.protocol }}
env:
  {{- if eq $security.sasl.mechanism "OAUTHBEARER" }}
  - {parameter: username, name: {{ $prefix }}_OAUTH_CLIENT_ID, containerName: {{ $container }}}
  - {parameter: password, name: {{ $prefix }}_OAUTH_CLIENT_SECRET, containerName: {{ $container }}}
  - {parameter: oauthTokenEndpointUri, name: {{ $prefix }}_OAUTH_TOKEN_URL, containerName: {{ $container }}}
  {{- if $security.oauth.scope }}
  - {parameter: scopes, name: {{ $prefix }}_OAUTH_SCOPE, containerName: {{ $container }}}
  {{- end }}
  {{- else }}
  - {parameter: username, name: {{ $prefix }}_SASL_USERNAME, containerName: {{ $container }}}
  - {parameter: password, name: {{ $prefix }}_SASL_PASSWORD, containerName: {{ $container }}}
  {{- end }}
{{- end }}
{{- if hasSuffix "SSL" $security.protocol }}
{{- with $security.ca.existingConfigMap }}
configMapTargetRef:
  - {parameter: ca, name: {{ . | quote }}, key: {{ $security.ca.key | quote }}}
{{- end }}
{{- if or $security.ca.existingSecret $security.clientCertificate.enabled }}
secretTargetRef:
  {{- with $security.ca.existingSecret }}
  - {parameter: ca, name: {{ . | quote }}, key: {{ $security.ca.key | quote }}}
  {{- end }}
  {{- with $security.clientCertificate }}
  {{- if .enabled }}
  {{- $secret := include "whatsapp-agent.kafka.certificateSecret" $ }}
  - {parameter: cert, name: {{ $secret | quote }}, key: {{ .certKey | quote }}}
  - {parameter: key, name: {{ $secret | quote }}, key: {{ .keyKey | quote }}}
  {{- with .keyPasswordKey }}
  - {parameter: keyPassword, name: {{ $secret | quote }}, key: {{ . | quote }}}
  {{- end }}
  {{- end }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}
