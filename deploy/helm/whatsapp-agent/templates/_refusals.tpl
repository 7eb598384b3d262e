{{/*
What this chart does not install, one sentence a line: what is wrong, what it would lead to, what to do instead.
*/}}

{{- define "whatsapp-agent.refusals" -}}
{{ include "whatsapp-agent.refusals.kafka" . }}
{{ include "whatsapp-agent.refusals.kafkaSecurity" . }}
{{ include "whatsapp-agent.refusals.whatsapp" . }}
{{ include "whatsapp-agent.refusals.stores" . }}
{{ include "whatsapp-agent.refusals.scaling" . }}
{{ include "whatsapp-agent.refusals.pods" . }}
{{ include "whatsapp-agent.refusals.images" . }}
{{ include "whatsapp-agent.refusals.web" . }}
{{ include "whatsapp-agent.refusals.changes" . }}
{{- end -}}

{{- define "whatsapp-agent.refusals.kafka" -}}
{{- $kafka := .Values.kafka -}}
{{- $production := ne .Values.profile "dev" -}}
{{- if not $kafka.bootstrapServers }}
kafka.bootstrapServers is empty: name at least one host:port of the cluster.
{{- end }}
{{- if and $production (lt (int $kafka.replicationFactor) 2) }}
kafka.replicationFactor is 1: one lost broker loses conversations for ever; take 3, or profile: dev on a cluster of one broker.
{{- end }}
{{- if gt (int $kafka.minInsyncReplicas) (int $kafka.replicationFactor) }}
kafka.minInsyncReplicas is more than kafka.replicationFactor: Kafka would take no record; take one less than the replication factor.
{{- end }}
{{- if and $production (lt (int $kafka.minInsyncReplicas) 2) }}
kafka.minInsyncReplicas is 1: what one broker alone acknowledged is lost with it; take 2, or profile: dev on a cluster of one broker.
{{- end }}
{{- if and $production (ge (int $kafka.replicationFactor) 2) (eq (int $kafka.minInsyncReplicas) (int $kafka.replicationFactor)) }}
kafka.minInsyncReplicas equals kafka.replicationFactor: every restart of a broker would stop all writing; take one less than the replication factor.
{{- end }}
{{- if $kafka.topics.autoCreate }}
kafka.topics.autoCreate is true: a topic that Kafka creates by itself has the wrong partitions, retention and size limit; set auto.create.topics.enable=false on the brokers and let kafka.topics.management (job, strimzi or external) see to the topics.
{{- end }}
{{- if and (eq $kafka.topics.management "job") .Values.jobs.useHelmHooks $kafka.strimzi.users.enabled }}
kafka.strimzi.users makes the users after the Job that creates topics needs one: set kafka.topics.management to strimzi.
{{- end }}
{{- if and (eq $kafka.topics.management "strimzi") $kafka.strimzi.checkCluster (.Capabilities.APIVersions.Has "kafka.strimzi.io/v1/Kafka") }}
{{- $cluster := lookup "kafka.strimzi.io/v1" "Kafka" (include "whatsapp-agent.kafka.strimziNamespace" .) $kafka.strimzi.cluster }}
{{- $config := dig "spec" "kafka" "config" (dict) ($cluster | default dict) }}
{{- if and $cluster (ne (get $config "auto.create.topics.enable" | toString) "false") }}
The Kafka cluster {{ $kafka.strimzi.cluster }} lets topics be created by whoever names them, with the wrong settings: put auto.create.topics.enable: false under spec.kafka.config of the Kafka resource.
{{- end }}
{{- end }}
{{- end -}}

{{- define "whatsapp-agent.refusals.kafkaSecurity" -}}
{{- $security := .Values.kafka.security -}}
{{- $plain := hasSuffix "PLAINTEXT" $security.protocol -}}
{{- $sasl := hasPrefix "SASL" $security.protocol -}}
{{- $oauth := eq $security.sasl.mechanism "OAUTHBEARER" -}}
{{- $users := .Values.kafka.strimzi.users.enabled -}}
{{- $secretless := include "whatsapp-agent.kafka.without" (dict "root" . "field" "existingSecret") -}}
{{- $nameless := include "whatsapp-agent.kafka.without" (dict "root" . "field" "username") -}}
{{- if and $plain (include "whatsapp-agent.kafka.hasCredentials" .) }}
{{- if not (and (eq .Values.profile "dev") $security.allowPlaintextCredentials) }}
kafka.security.protocol {{ $security.protocol }} would send credentials to Kafka unencrypted: take SASL_SSL or SSL, or, with profile: dev alone, kafka.security.allowPlaintextCredentials.
{{- end }}
{{- end }}
{{- if and $security.allowPlaintextCredentials (ne .Values.profile "dev") }}
kafka.security.allowPlaintextCredentials is for profile: dev: credentials that travel unencrypted belong to whoever listens.
{{- end }}
{{- if and $sasl (not $oauth) (not $users) }}
{{- if and $secretless (not $security.sasl.existingSecret) }}
kafka.security.sasl.existingSecret is empty: name the Secret that holds the password for {{ $security.sasl.mechanism }}, there or under kafkaCredentials.existingSecret of {{ $secretless }}.
{{- end }}
{{- if and $nameless (not (or $security.sasl.username $security.sasl.usernameKey)) }}
kafka.security.sasl has no user: give username, or usernameKey if the Secret holds the name too, or kafkaCredentials.username of {{ $nameless }}.
{{- end }}
{{- end }}
{{- $client := or $security.oauth.clientId (not $nameless) -}}
{{- if and $sasl $oauth (not (and $security.oauth.tokenUrl $client (or $security.oauth.existingSecret (not $secretless)))) }}
kafka.security.oauth is incomplete: OAUTHBEARER needs tokenUrl, clientId and existingSecret, the latter two but for what has kafkaCredentials of its own.
{{- end }}
{{- if and $sasl $oauth (hasPrefix "http://" $security.oauth.tokenUrl) (not (and (eq .Values.profile "dev") $security.allowPlaintextCredentials)) }}
kafka.security.oauth.tokenUrl is not https: the client's secret would travel unencrypted; only profile: dev allows that, with kafka.security.allowPlaintextCredentials.
{{- end }}
{{- if and $security.clientCertificate.enabled $secretless (not $security.clientCertificate.existingSecret) (not $users) }}
kafka.security.clientCertificate.existingSecret is empty: name the Secret that holds certificate and key, there or under kafkaCredentials.existingSecret of {{ $secretless }}.
{{- end }}
{{- if and $users (not $security.clientCertificate.enabled) (or (not $sasl) (ne $security.sasl.mechanism "SCRAM-SHA-512")) }}
kafka.strimzi.users knows SCRAM-SHA-512 and client certificates: set kafka.security.sasl.mechanism to SCRAM-SHA-512, or kafka.security.clientCertificate.enabled.
{{- end }}
{{- if and $users $security.clientCertificate.enabled $sasl }}
kafka.strimzi.users would have certificates (kafka.security.clientCertificate.enabled), but kafka.security.protocol {{ $security.protocol }} asks for a password as well, which their Secrets do not hold: set kafka.security.protocol to SSL.
{{- end }}
{{- if and $users (ne (include "whatsapp-agent.kafka.strimziNamespace" .) .Release.Namespace) }}
{{- include "whatsapp-agent.refusals.usersElsewhere" . }}
{{- end }}
{{- end -}}

{{/* Whose Secrets somebody copied here and named is fine. */}}
{{- define "whatsapp-agent.refusals.usersElsewhere" -}}
{{- range $key := list "ingressService" "sessionCore" "sender" "fileManager" "crmNotifier" "agentctl" }}
{{- $values := index $.Values $key }}
{{- if and (dig "enabled" true $values) (not $values.kafkaCredentials.existingSecret) }}
kafka.strimzi.users would have their Secrets in the namespace {{ $.Values.kafka.strimzi.namespace }}, and {{ $key }} looks for its own in {{ $.Release.Namespace }}: install into the same namespace, or copy the Secret and name it under {{ $key }}.kafkaCredentials.existingSecret.
{{- end }}
{{- end }}
{{- end -}}

{{- define "whatsapp-agent.refusals.whatsapp" -}}
{{- $whatsapp := .Values.whatsapp -}}
{{- if not (and $whatsapp.existingSecret $whatsapp.secretKeys.appSecret) }}
The app secret is missing: anybody could speak for WhatsApp; put it into a Secret and name that under whatsapp.existingSecret, its key under whatsapp.secretKeys.appSecret.
{{- end }}
{{- if not $whatsapp.phoneNumberIds }}
whatsapp.phoneNumberIds is empty: every message would be parked; name the ids of the business numbers.
{{- end }}
{{- if not (and $whatsapp.secretKeys.verifyToken $whatsapp.secretKeys.accessToken) }}
whatsapp.secretKeys names no key for verifyToken or accessToken: Meta could not subscribe the webhook, or nothing could be sent.
{{- end }}
{{- if and (not (hasPrefix "https://" $whatsapp.graphUrl)) (ne .Values.profile "dev") }}
whatsapp.graphUrl is not https: the access token would travel unencrypted; only profile: dev allows that, for a simulator.
{{- end }}
{{- if $whatsapp.existingSecret }}
{{- include "whatsapp-agent.refusals.secret" (dict "root" . "secret" $whatsapp.existingSecret "keys" ($whatsapp.secretKeys | values)) }}
{{- end }}
{{- end -}}

{{/* A Secret that is not there yet may still come; one without the key will not do. */}}
{{- define "whatsapp-agent.refusals.secret" -}}
{{- $found := lookup "v1" "Secret" .root.Release.Namespace .secret -}}
{{- range .keys -}}
{{- if and . $found (not (hasKey ($found.data | default dict) .)) }}
The Secret {{ $.secret }} has no key {{ . }}: the pods that need it would not start.
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "whatsapp-agent.refusals.stores" -}}
{{- $postgresql := .Values.postgresql -}}
{{- $production := ne .Values.profile "dev" -}}
{{- if not $postgresql.existingSecret }}
postgresql.existingSecret is empty: name the Secret that holds the password, or the whole URL.
{{- else }}
{{- include "whatsapp-agent.refusals.secret" (dict "root" . "secret" $postgresql.existingSecret "keys" (list ($postgresql.secretKeys.url | default $postgresql.secretKeys.password))) }}
{{- end }}
{{- if not (or $postgresql.host $postgresql.secretKeys.url) }}
postgresql.host is empty: name the server, or the key of a whole URL under postgresql.secretKeys.url.
{{- end }}
{{- if and $postgresql.host $postgresql.secretKeys.url }}
postgresql.host and postgresql.secretKeys.url both say where the database is: give one of them.
{{- end }}
{{- if and $production (include "whatsapp-agent.refusals.trusting" .) }}
The Secret {{ $postgresql.existingSecret }} has under {{ $postgresql.secretKeys.url }} an address without sslmode=verify-full, which would trust whoever answers in the place of the database: put it there, or give postgresql.host and the password alone, or profile: dev.
{{- end }}
{{- if and $production $postgresql.host (ne $postgresql.sslMode "verify-full") }}
postgresql.sslMode {{ $postgresql.sslMode }} would trust whoever answers in the place of the database: take verify-full, or profile: dev.
{{- end }}
{{- if .Values.fileManager.enabled }}
{{- if not .Values.s3.bucket }}
s3.bucket is empty: name the bucket that files are kept in.
{{- end }}
{{- if and (eq .Values.s3.credentials "static") (not .Values.s3.existingSecret) }}
s3.existingSecret is empty: name the Secret that holds the keys, or set s3.credentials to chain where the pod's identity is enough.
{{- end }}
{{- if and (hasPrefix "http://" .Values.s3.endpointUrl) $production }}
s3.endpointUrl is not https: people's files would travel unencrypted; only profile: dev allows that.
{{- end }}
{{- if and .Values.fileLinks.enabled (not .Values.fileLinks.existingSecret) }}
fileLinks.existingSecret is empty: whoever asks for links reaches every file, so it needs a token.
{{- end }}
{{- if and .Values.s3.kmsKeyId (ne .Values.s3.encryption "aws:kms") }}
s3.kmsKeyId has no effect without s3.encryption: aws:kms.
{{- end }}
{{- if ne (eq .Values.s3.objectLock.mode "none") (eq (int .Values.s3.objectLock.days) 0) }}
s3.objectLock needs both mode and days, or neither.
{{- end }}
{{- if and (ne (include "whatsapp-agent.scan" .) "off") (not .Values.clamd.address) }}
clamd.address is empty: name ClamAV's daemon (host:port), or set clamd.scan to "off", and people's files are kept without anybody looking for malware.
{{- end }}
{{- end }}
{{- if .Values.crmNotifier.enabled }}
{{- range include "whatsapp-agent.components" . | fromYamlArray }}
{{- if eq .key "crmNotifier" }}
{{- include "whatsapp-agent.refusals.crm" (dict "root" $ "name" .name) }}
{{- end }}
{{- end }}
{{- end }}
{{- if .Values.sessionCore.enabled }}
{{- if not (or .Values.flows.files .Values.flows.existingConfigMap) }}
There is no flow: give flows.files (--set-file 'flows.files.claim\.yaml=claim.yaml') or flows.existingConfigMap.
{{- end }}
{{- if and .Values.queryApi.enabled (not .Values.queryApi.existingSecret) }}
queryApi.existingSecret is empty: whoever reaches the query API reads everything, so it needs a token.
{{- end }}
{{- end }}
{{- end -}}

{{/* Does a whole address of the database lie in a Secret that is there, and trust anybody? Nothing of it is shown. */}}
{{- define "whatsapp-agent.refusals.trusting" -}}
{{- with .Values.postgresql -}}
{{- if and .existingSecret .secretKeys.url -}}
{{- $found := lookup "v1" "Secret" $.Release.Namespace .existingSecret -}}
{{- $address := dig "data" .secretKeys.url "" $found | b64dec -}}
{{- if and $address (not (contains "sslmode=verify-full" $address)) -}}{{ print "yes" }}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "whatsapp-agent.refusals.crm" -}}
{{- $crm := include "whatsapp-agent.crm" . | fromYaml -}}
{{- $place := ternary "crm" (printf "crm.further.%s" (trimPrefix "crm-notifier-" .name)) (eq .name "crm-notifier") -}}
{{- if and (or (eq $crm.kind "webhook") $crm.secretVariables) (not $crm.existingSecret) }}
{{ $place }}.existingSecret is empty: name the Secret that holds the address and the signing key of the CRM's webhook, or what secretVariables name, or set kind to console.
{{- end }}
{{- $told := keys ($crm.variables | default dict) ($crm.secretVariables | default dict) }}
{{- range $variable := index (dict "hubspot" (list "HUBSPOT_TOKEN") "salesforce" (list "SALESFORCE_URL" "SALESFORCE_CLIENT_ID")) $crm.kind }}
{{- if not (has $variable $told) }}
{{ $place }} lacks {{ $variable }}, without which crm-notifier does not start: name its key of existingSecret in secretVariables, or give it in variables if it is no secret.
{{- end }}
{{- end }}
{{- if eq $crm.kind "salesforce" }}
{{- if has "SALESFORCE_USERNAME" $told }}
{{- if not (has "SALESFORCE_PRIVATE_KEY" $told) }}
{{ $place }} has SALESFORCE_USERNAME, but not SALESFORCE_PRIVATE_KEY to sign for that user, without which crm-notifier does not start: name its key of existingSecret in secretVariables.
{{- end }}
{{- else if not (has "SALESFORCE_CLIENT_SECRET" $told) }}
{{ $place }} lacks a way into Salesforce, without which crm-notifier does not start: name the key of SALESFORCE_CLIENT_SECRET in secretVariables, or that of SALESFORCE_PRIVATE_KEY with SALESFORCE_USERNAME in variables.
{{- end }}
{{- end }}
{{- if ne (has "FILES_URL" $told) (has "FILES_TOKEN" $told) }}
{{ $place }} has one of FILES_URL and FILES_TOKEN, but crm-notifier starts with both or neither: give the address in variables, and name the token's key of existingSecret in secretVariables.
{{- end }}
{{- if and $crm.plainHttp (ne .root.Values.profile "dev") }}
{{ $place }}.plainHttp is for profile: dev: what the CRM is told is personal and would travel unencrypted.
{{- end }}
{{- if gt (printf "%s-%s" (include "whatsapp-agent.fullname" .root) .name | len) 63 }}
{{ $place }} would have a Service with a name of more than 63 letters: take a shorter name, or set fullnameOverride.
{{- end }}
{{- if eq .name (printf "crm-notifier-%s" .root.Values.crm.kind) }}
{{ $place }} has the name by which the first CRM is put on record: of what both are told, only one outcome would be kept; take another name.
{{- end }}
{{- end -}}

{{- define "whatsapp-agent.refusals.scaling" -}}
{{- $partitions := int .Values.kafka.partitions -}}
{{- range $component := include "whatsapp-agent.components" . | fromYamlArray }}
{{- $key := $component.key }}
{{- $values := index $.Values $key }}
{{- if $values.enabled }}
{{- if and $values.autoscaling.enabled $values.keda.enabled }}
{{ $key }} has both autoscaling and keda: two autoscalers would fight over its replicas; enable one.
{{- end }}
{{- if and $values.keda.enabled (not $component.reads) }}
{{ $key }}.keda is enabled, but {{ $component.name }} reads no topic and has no lag: use {{ $key }}.autoscaling.
{{- end }}
{{- if gt (include "whatsapp-agent.fewest" $values | int) (include "whatsapp-agent.most" $values | int) }}
{{ $key }} would have more replicas at least than at most.
{{- end }}
{{- $most := include "whatsapp-agent.most" $values | int }}
{{- if and $component.reads (gt $most $partitions) }}
{{ $key }} would have {{ $most }} replicas for {{ $partitions }} partitions: the rest would never get work; take at most kafka.partitions.
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "whatsapp-agent.refusals.images" -}}
{{- range $key := list "ingressService" "sessionCore" "sender" "fileManager" "crmNotifier" "agentctl" }}
{{- $image := (index $.Values $key).image }}
{{- if and (not $image.digest) (eq ($image.tag | default $.Values.global.imageTag) "latest") }}
The image of {{ $key }} has the tag latest: nobody could tell which version runs, nor go back to it; name a version or a digest.
{{- end }}
{{- end }}
{{- end -}}

{{- define "whatsapp-agent.refusals.web" -}}
{{- $service := .Values.ingressService -}}
{{- if $service.enabled }}
{{- if and $service.httpIngress.enabled (not $service.httpIngress.host) }}
ingressService.httpIngress.host is empty: the webhook would answer under every name of the controller; give the name that Meta calls.
{{- end }}
{{- if and $service.gatewayRoute.enabled (not $service.gatewayRoute.parentRefs) }}
ingressService.gatewayRoute.parentRefs is empty: name the Gateway that the route belongs to.
{{- end }}
{{- end }}
{{- end -}}

{{/* Records keep their place by the number of partitions, and everything its name by the prefix. */}}
{{- define "whatsapp-agent.refusals.changes" -}}
{{- $kafka := .Values.kafka -}}
{{- $name := printf "%s-installation" (include "whatsapp-agent.fullname" .) -}}
{{- $before := lookup "v1" "ConfigMap" .Release.Namespace $name -}}
{{- $partitions := toString $kafka.partitions -}}
{{- with $before }}
{{- if ne .data.partitions $partitions }}
kafka.partitions was {{ .data.partitions }} and would be {{ $partitions }}: people would be looked for on other partitions than where their history lies; leave it, or install anew with empty topics and an empty database and delete the ConfigMap {{ $name }}.
{{- end }}
{{- if ne (.data.topicPrefix | default "") $kafka.topicPrefix }}
kafka.topicPrefix was {{ .data.topicPrefix | default "" | quote }} and would be {{ $kafka.topicPrefix | quote }}: the new topics would be empty while the database knows the old ones; leave it, or install anew with an empty database and delete the ConfigMap {{ $name }}.
{{- end }}
{{- end }}
{{- if not $before }}
{{- include "whatsapp-agent.refusals.neighbours" . }}
{{- end }}
{{- if and (not $before) (eq $kafka.topics.management "strimzi") }}
{{- $topic := include "whatsapp-agent.kafka.topic" (dict "root" . "topic" "session-commands") }}
{{- $found := lookup "kafka.strimzi.io/v1" "KafkaTopic" (include "whatsapp-agent.kafka.strimziNamespace" .) ($topic | lower | replace "_" "-") }}
{{- with $found }}
{{- if ne (toString .spec.partitions) $partitions }}
The topic {{ $topic }} has {{ .spec.partitions }} partitions and kafka.partitions is {{ $partitions }}: people would be looked for on other partitions than where their history lies; set kafka.partitions to {{ .spec.partitions }}.
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Two releases with the same topics would share groups, too: each would get some of the other's records, and work them off. */}}
{{- define "whatsapp-agent.refusals.neighbours" -}}
{{- $servers := include "whatsapp-agent.kafka.servers" . -}}
{{- range (lookup "v1" "ConfigMap" .Release.Namespace "").items }}
{{- $data := .data | default dict }}
{{- $same := and (eq (get $data "topicPrefix") $.Values.kafka.topicPrefix) (eq (get $data "bootstrapServers" | default $servers) $servers) }}
{{- if and (hasSuffix "-installation" .metadata.name) (hasKey $data "partitions") $same }}
{{- $release := dig "labels" "app.kubernetes.io/instance" .metadata.name .metadata }}
The topics with kafka.topicPrefix {{ $.Values.kafka.topicPrefix | quote }} on this Kafka belong to the release {{ $release }}: two would take records from one another; give this one another prefix, or, if {{ $release }} is gone for good, delete the ConfigMap {{ .metadata.name }}.
{{- end }}
{{- end }}
{{- end -}}
