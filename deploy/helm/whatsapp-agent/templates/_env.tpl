{{/* What each container is told through its environment; no secret stands here, only where it is. */}}

{{- define "whatsapp-agent.env.plain" -}}
- name: {{ .name }}
  value: {{ .value | toString | quote }}
{{- end -}}

{{- define "whatsapp-agent.env.secret" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret | quote }}
      key: {{ .key | quote }}
{{- end -}}

{{/*
The settings of a component's own: numberPerSecond: 80 becomes SENDER_NUMBER_PER_SECOND="80".
Numbers go through JSON, which writes no exponents; what is empty is left to the service's default.
*/}}
{{- define "whatsapp-agent.env.settings" -}}
{{- range $key, $value := .values.settings }}
{{- $text := kindIs "string" $value | ternary $value (toJson $value) }}
{{- if not (has $text (list "" "[]" "{}")) }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_%s" $.prefix ($key | snakecase | upper)) "value" $text) }}
{{- end }}
{{- end -}}
{{- end -}}

{{- define "whatsapp-agent.env.common" -}}
- name: {{ .prefix }}_INSTANCE_ID
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_HOST" .prefix) "value" "0.0.0.0") }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_PORT" .prefix) "value" "8080") }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_LOG_LEVEL" .prefix) "value" (.values.logLevel | default .root.Values.telemetry.logLevel)) }}
{{- with .root.Values.telemetry.otlpEndpoint }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_OTLP_ENDPOINT" $.prefix) "value" .) }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_OTLP_SAMPLE_RATIO" $.prefix) "value" ($.root.Values.telemetry.sampleRatio | toJson)) }}
{{- end }}
{{- end -}}

{{/* Where Kafka is and how to speak to it: (dict "root" $ "prefix" "SENDER" "name" "sender" "values" .Values.sender). */}}
{{- define "whatsapp-agent.env.kafka" -}}
{{- $kafka := .root.Values.kafka -}}
{{- $security := $kafka.security -}}
{{- $prefix := printf "%s_KAFKA" .prefix -}}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_BOOTSTRAP_SERVERS" $prefix) "value" $kafka.bootstrapServers) }}
{{- with $kafka.topicPrefix }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_TOPIC_PREFIX" $.prefix) "value" .) }}
{{- end }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_SECURITY_PROTOCOL" $prefix) "value" $security.protocol) }}
{{- if $security.allowPlaintextCredentials }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_ALLOW_PLAINTEXT_CREDENTIALS" $prefix) "value" "true") }}
{{- end }}
{{- if hasSuffix "SSL" $security.protocol }}
{{- if include "whatsapp-agent.ca.given" $security.ca }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_SSL_CA_FILE" $prefix) "value" "/etc/whatsapp-agent/kafka-ca/ca.crt") }}
{{- end }}
{{- if $security.clientCertificate.enabled }}
{{- $certificate := $security.clientCertificate }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_SSL_CERT_FILE" $prefix) "value" "/etc/whatsapp-agent/kafka-user/tls.crt") }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_SSL_KEY_FILE" $prefix) "value" "/etc/whatsapp-agent/kafka-user/tls.key") }}
{{- with $certificate.keyPasswordKey }}
{{ include "whatsapp-agent.env.secret" (dict "name" (printf "%s_SSL_KEY_PASSWORD" $prefix) "secret" (include "whatsapp-agent.kafka.certificateSecret" $) "key" .) }}
{{- end }}
{{- end }}
{{- end }}
{{- if hasPrefix "SASL" $security.protocol }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_SASL_MECHANISM" $prefix) "value" $security.sasl.mechanism) }}
{{- if eq $security.sasl.mechanism "OAUTHBEARER" }}
{{ include "whatsapp-agent.env.oauth" (dict "root" .root "prefix" $prefix "values" .values) }}
{{- else }}
{{ include "whatsapp-agent.env.scram" (dict "root" .root "prefix" $prefix "values" .values "name" .name) }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "whatsapp-agent.env.scram" -}}
{{- $sasl := .root.Values.kafka.security.sasl -}}
{{- $secret := include "whatsapp-agent.kafka.saslSecret" . -}}
{{- $username := include "whatsapp-agent.kafka.username" . -}}
{{- if $username -}}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_SASL_USERNAME" .prefix) "value" $username) }}
{{- else -}}
{{ include "whatsapp-agent.env.secret" (dict "name" (printf "%s_SASL_USERNAME" .prefix) "secret" $secret "key" $sasl.usernameKey) }}
{{- end }}
{{ include "whatsapp-agent.env.secret" (dict "name" (printf "%s_SASL_PASSWORD" .prefix) "secret" $secret "key" $sasl.passwordKey) }}
{{- end -}}

{{- define "whatsapp-agent.env.oauth" -}}
{{- $oauth := .root.Values.kafka.security.oauth -}}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_OAUTH_TOKEN_URL" .prefix) "value" $oauth.tokenUrl) }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_OAUTH_CLIENT_ID" .prefix) "value" (.values.kafkaCredentials.username | default $oauth.clientId)) }}
{{ include "whatsapp-agent.env.secret" (dict "name" (printf "%s_OAUTH_CLIENT_SECRET" .prefix) "secret" (.values.kafkaCredentials.existingSecret | default $oauth.existingSecret) "key" $oauth.clientSecretKey) }}
{{- with $oauth.scope }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_OAUTH_SCOPE" $.prefix) "value" .) }}
{{- end }}
{{- if include "whatsapp-agent.ca.given" $oauth.ca }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_OAUTH_CA_FILE" .prefix) "value" "/etc/whatsapp-agent/oauth-ca/ca.crt") }}
{{- end }}
{{- end -}}

{{/*
Where PostgreSQL is. Either the whole URL lies in the secret, or it is put together here and only the password does;
PGPASSWORD, as every PostgreSQL client reads it, so that no character of it has to be escaped.
*/}}
{{- define "whatsapp-agent.env.postgresql" -}}
{{- $postgresql := .root.Values.postgresql -}}
{{- $name := printf "%s_DATABASE_URL" .prefix -}}
{{- if $postgresql.secretKeys.url -}}
{{ include "whatsapp-agent.env.secret" (dict "name" $name "secret" $postgresql.existingSecret "key" $postgresql.secretKeys.url) }}
{{- else -}}
{{ include "whatsapp-agent.env.plain" (dict "name" $name "value" (include "whatsapp-agent.postgresql.url" .root)) }}
{{ include "whatsapp-agent.env.secret" (dict "name" "PGPASSWORD" "secret" $postgresql.existingSecret "key" $postgresql.secretKeys.password) }}
{{- end -}}
{{- end -}}

{{- define "whatsapp-agent.postgresql.url" -}}
{{- $postgresql := .Values.postgresql -}}
{{- $ca := ternary "/etc/whatsapp-agent/postgresql-ca/ca.crt" "/etc/ssl/certs/ca-certificates.crt" (ne (include "whatsapp-agent.ca.given" $postgresql.ca) "") -}}
{{- $verified := ternary (printf "&sslrootcert=%s" $ca) "" (hasPrefix "verify-" $postgresql.sslMode) -}}
{{- printf "postgresql://%s@%s:%d/%s?sslmode=%s%s" ($postgresql.username | urlquery | replace "+" "%20") $postgresql.host (int $postgresql.port) ($postgresql.database | urlquery | replace "+" "%20") $postgresql.sslMode $verified -}}
{{- end -}}

{{- define "whatsapp-agent.env.graph" -}}
{{- $whatsapp := .root.Values.whatsapp -}}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_GRAPH_URL" .prefix) "value" $whatsapp.graphUrl) }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_GRAPH_VERSION" .prefix) "value" $whatsapp.graphVersion) }}
{{ include "whatsapp-agent.env.secret" (dict "name" (printf "%s_ACCESS_TOKEN" .prefix) "secret" $whatsapp.existingSecret "key" $whatsapp.secretKeys.accessToken) }}
{{- end -}}

{{- define "whatsapp-agent.env.s3" -}}
{{- $s3 := .root.Values.s3 -}}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_S3_BUCKET" .prefix) "value" $s3.bucket) }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_S3_REGION" .prefix) "value" $s3.region) }}
{{- with $s3.endpointUrl }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_S3_ENDPOINT_URL" $.prefix) "value" .) }}
{{- end }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_S3_CREDENTIALS" .prefix) "value" $s3.credentials) }}
{{- if eq $s3.credentials "static" }}
{{ include "whatsapp-agent.env.secret" (dict "name" (printf "%s_S3_ACCESS_KEY_ID" .prefix) "secret" $s3.existingSecret "key" $s3.secretKeys.accessKeyId) }}
{{ include "whatsapp-agent.env.secret" (dict "name" (printf "%s_S3_SECRET_ACCESS_KEY" .prefix) "secret" $s3.existingSecret "key" $s3.secretKeys.secretAccessKey) }}
{{- end }}
{{- if and (include "whatsapp-agent.ca.given" $s3.ca) (not (hasPrefix "http://" $s3.endpointUrl)) }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_S3_CA_FILE" .prefix) "value" "/etc/whatsapp-agent/s3-ca/ca.crt") }}
{{- end }}
{{- end -}}

{{/* How files are kept, and who is led to them. */}}
{{- define "whatsapp-agent.env.files" -}}
{{- $s3 := .root.Values.s3 -}}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_S3_ENCRYPTION" .prefix) "value" $s3.encryption) }}
{{- with $s3.kmsKeyId }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_S3_KMS_KEY_ID" $.prefix) "value" .) }}
{{- end }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_S3_OBJECT_LOCK" .prefix) "value" $s3.objectLock.mode) }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_S3_OBJECT_LOCK_DAYS" .prefix) "value" (toJson $s3.objectLock.days)) }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_S3_RULES" .prefix) "value" (toJson $s3.rules)) }}
{{- with $s3.linkEndpointUrl }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_S3_LINK_ENDPOINT_URL" $.prefix) "value" .) }}
{{- end }}
{{- with .root.Values.fileLinks }}
{{- if .enabled }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_API_PORT" $.prefix) "value" "8081") }}
{{ include "whatsapp-agent.env.secret" (dict "name" (printf "%s_API_TOKEN" $.prefix) "secret" .existingSecret "key" .secretKeys.token) }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Whether ClamAV looks at files: YAML reads an off without quotes as false. */}}
{{- define "whatsapp-agent.scan" -}}
{{- .Values.clamd.scan | default "off" -}}
{{- end -}}

{{- define "whatsapp-agent.env.clamd" -}}
{{- $scan := include "whatsapp-agent.scan" .root -}}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_SCAN" .prefix) "value" $scan) }}
{{- if ne $scan "off" }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_CLAMD_ADDRESS" .prefix) "value" .root.Values.clamd.address) }}
{{- end }}
{{- end -}}

{{- define "whatsapp-agent.env.webhook" -}}
{{- $whatsapp := .root.Values.whatsapp -}}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_PHONE_NUMBER_IDS" .prefix) "value" ($whatsapp.phoneNumberIds | toJson)) }}
{{ include "whatsapp-agent.env.secret" (dict "name" (printf "%s_APP_SECRET" .prefix) "secret" $whatsapp.existingSecret "key" $whatsapp.secretKeys.appSecret) }}
{{- with $whatsapp.secretKeys.furtherAppSecrets }}
{{ include "whatsapp-agent.env.secret" (dict "name" (printf "%s_FURTHER_APP_SECRETS" $.prefix) "secret" $whatsapp.existingSecret "key" .) }}
{{- end }}
{{ include "whatsapp-agent.env.secret" (dict "name" (printf "%s_VERIFY_TOKEN" .prefix) "secret" $whatsapp.existingSecret "key" $whatsapp.secretKeys.verifyToken) }}
{{- end -}}

{{- define "whatsapp-agent.env.crm" -}}
{{- $crm := include "whatsapp-agent.crm" . | fromYaml -}}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_CRM" .prefix) "value" $crm.kind) }}
{{- if ne .name "crm-notifier" }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_NAME" .prefix) "value" (trimPrefix "crm-notifier-" .name)) }}
{{- end }}
{{- with $crm.tell }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_TELL" $.prefix) "value" (toJson .)) }}
{{- end }}
{{- if $crm.privateNetwork }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_PRIVATE_NETWORK" .prefix) "value" "true") }}
{{- end }}
{{- if $crm.map }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_MAP" .prefix) "value" "/etc/whatsapp-agent/crm-map/crm.yaml") }}
{{- end }}
{{- with $crm.start }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_START" $.prefix) "value" .) }}
{{- end }}
{{- range $name, $value := $crm.variables }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_%s" $.prefix $name) "value" $value) }}
{{- end }}
{{- range $name, $key := $crm.secretVariables }}
{{ include "whatsapp-agent.env.secret" (dict "name" (printf "%s_%s" $.prefix $name) "secret" $crm.existingSecret "key" $key) }}
{{- end }}
{{- if eq $crm.kind "webhook" }}
{{ include "whatsapp-agent.env.secret" (dict "name" (printf "%s_WEBHOOK_URL" .prefix) "secret" $crm.existingSecret "key" $crm.secretKeys.webhookUrl) }}
{{ include "whatsapp-agent.env.secret" (dict "name" (printf "%s_WEBHOOK_SECRET" .prefix) "secret" $crm.existingSecret "key" $crm.secretKeys.webhookSecret) }}
{{- with $crm.secretKeys.webhookOldSecret }}
{{ include "whatsapp-agent.env.secret" (dict "name" (printf "%s_WEBHOOK_OLD_SECRET" $.prefix) "secret" $crm.existingSecret "key" .) }}
{{- end }}
{{- if $crm.plainHttp }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_WEBHOOK_PLAIN_HTTP" .prefix) "value" "true") }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "whatsapp-agent.env.queryApi" -}}
{{- with .root.Values.queryApi -}}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_API_PORT" $.prefix) "value" "8081") }}
{{ include "whatsapp-agent.env.secret" (dict "name" (printf "%s_API_TOKEN" $.prefix) "secret" .existingSecret "key" .secretKeys.token) }}
{{- end -}}
{{- end -}}

{{/* Everything that the container of a component is told. */}}
{{- define "whatsapp-agent.env" -}}
{{ include "whatsapp-agent.env.common" . }}
{{ include "whatsapp-agent.env.kafka" . }}
{{- if eq .name "ingress" }}
{{ include "whatsapp-agent.env.webhook" . }}
{{- else if eq .name "session-core" }}
{{ include "whatsapp-agent.env.postgresql" . }}
{{ include "whatsapp-agent.env.plain" (dict "name" (printf "%s_FLOWS_DIR" .prefix) "value" "/etc/whatsapp-agent/flows") }}
{{- if .root.Values.queryApi.enabled }}
{{ include "whatsapp-agent.env.queryApi" . }}
{{- end }}
{{- else if eq .name "sender" }}
{{ include "whatsapp-agent.env.graph" . }}
{{- else if eq .name "file-manager" }}
{{ include "whatsapp-agent.env.graph" . }}
{{ include "whatsapp-agent.env.s3" . }}
{{ include "whatsapp-agent.env.files" . }}
{{ include "whatsapp-agent.env.clamd" . }}
{{- else }}
{{ include "whatsapp-agent.env.crm" . }}
{{- end }}
{{- include "whatsapp-agent.env.settings" . }}
{{- with .values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The name by which Meta calls, where exactly one is known. */}}
{{- define "whatsapp-agent.webhookHost" -}}
{{- $service := .Values.ingressService -}}
{{- $hosts := list -}}
{{- if $service.httpIngress.enabled -}}{{- $hosts = append $hosts $service.httpIngress.host -}}{{- end -}}
{{- if $service.gatewayRoute.enabled -}}{{- $hosts = concat $hosts $service.gatewayRoute.hostnames | uniq -}}{{- end -}}
{{- if and (eq (len $hosts) 1) (not (hasPrefix "*" (first $hosts))) -}}{{ first $hosts }}{{- end -}}
{{- end -}}

{{/* Where the doctor finds a CRM; another adapter's address is its variable that ends in _URL, as with HUBSPOT_URL. */}}
{{- define "whatsapp-agent.env.crmAddress" -}}
{{- $crm := include "whatsapp-agent.crm" . | fromYaml -}}
{{- $name := trimPrefix "crm-notifier" .name | replace "-" "_" | upper | printf "AGENT_CRM_URL%s" -}}
{{- $variable := printf "%s_URL" (upper $crm.kind) -}}
{{- $usual := dict "HUBSPOT_URL" "https://api.hubapi.com" -}}
{{- $key := ternary $crm.secretKeys.webhookUrl (get ($crm.secretVariables | default dict) $variable) (eq $crm.kind "webhook") -}}
{{- if $key -}}
{{ include "whatsapp-agent.env.secret" (dict "name" $name "secret" $crm.existingSecret "key" $key) }}
{{- else -}}
{{- with get ($crm.variables | default dict) $variable | default (get $usual $variable) -}}
{{ include "whatsapp-agent.env.plain" (dict "name" $name "value" .) }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What the doctor looks at besides Kafka, the database and the Graph API. */}}
{{- define "whatsapp-agent.env.doctor" -}}
{{- $values := .root.Values -}}
{{- $fullname := include "whatsapp-agent.fullname" .root -}}
{{- $addresses := dict -}}
{{- range $component := include "whatsapp-agent.components" .root | fromYamlArray }}
{{- $service := index $values $component.key }}
{{- if $service.enabled }}
{{- $port := ternary 8080 (int $service.service.port) (eq $component.kind "StatefulSet") }}
{{- $_ := set $addresses $component.name (printf "http://%s-%s:%d" $fullname $component.name $port) }}
{{- end }}
{{- end }}
{{ include "whatsapp-agent.env.plain" (dict "name" "AGENT_SERVICES" "value" (toJson $addresses)) }}
{{- with get $addresses "ingress" }}
{{ include "whatsapp-agent.env.plain" (dict "name" "AGENT_INGRESS_URL" "value" .) }}
{{- end }}
{{- with include "whatsapp-agent.webhookHost" .root }}
{{ include "whatsapp-agent.env.plain" (dict "name" "AGENT_WEBHOOK_URL" "value" (printf "https://%s/webhook" .)) }}
{{- end }}
{{ include "whatsapp-agent.env.plain" (dict "name" "AGENT_PHONE_NUMBER_IDS" "value" ($values.whatsapp.phoneNumberIds | toJson)) }}
{{ include "whatsapp-agent.env.secret" (dict "name" "AGENT_APP_SECRET" "secret" $values.whatsapp.existingSecret "key" $values.whatsapp.secretKeys.appSecret) }}
{{ include "whatsapp-agent.env.secret" (dict "name" "AGENT_VERIFY_TOKEN" "secret" $values.whatsapp.existingSecret "key" $values.whatsapp.secretKeys.verifyToken) }}
{{- with $values.whatsapp.appId }}
{{ include "whatsapp-agent.env.plain" (dict "name" "AGENT_APP_ID" "value" .) }}
{{- end }}
{{- with $values.whatsapp.businessAccountId }}
{{ include "whatsapp-agent.env.plain" (dict "name" "AGENT_BUSINESS_ACCOUNT_ID" "value" .) }}
{{- end }}
{{- if $values.fileManager.enabled }}
{{ include "whatsapp-agent.env.s3" . }}
{{- end }}
{{- if and $values.fileManager.enabled (ne (include "whatsapp-agent.scan" .root) "off") }}
{{ include "whatsapp-agent.env.plain" (dict "name" "AGENT_CLAMD_ADDRESS" "value" $values.clamd.address) }}
{{- end }}
{{- range $component := include "whatsapp-agent.components" .root | fromYamlArray }}
{{- if and (eq $component.key "crmNotifier") $values.crmNotifier.enabled }}
{{ include "whatsapp-agent.env.crmAddress" (dict "root" $.root "name" $component.name) | trim }}
{{- end }}
{{- end }}
{{- if $values.sessionCore.enabled }}
{{ include "whatsapp-agent.env.plain" (dict "name" "AGENT_FLOWS_DIR" "value" "/etc/whatsapp-agent/flows") }}
{{- end }}
{{- end -}}
