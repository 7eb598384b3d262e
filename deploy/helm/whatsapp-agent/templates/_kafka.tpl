{{/* Whose name and whose secret a component shows to Kafka: its own, else that of its KafkaUser, else everybody's. */}}

{{- define "whatsapp-agent.kafka.userName" -}}
{{- printf "%s-%s" (include "whatsapp-agent.fullname" .root) (.user | default .name) -}}
{{- end -}}

{{- define "whatsapp-agent.kafka.ownUser" -}}
{{- if .root.Values.kafka.strimzi.users.enabled -}}{{ include "whatsapp-agent.kafka.userName" . }}{{- end -}}
{{- end -}}

{{- define "whatsapp-agent.kafka.username" -}}
{{- .values.kafkaCredentials.username | default (include "whatsapp-agent.kafka.ownUser" .) | default .root.Values.kafka.security.sasl.username -}}
{{- end -}}

{{- define "whatsapp-agent.kafka.saslSecret" -}}
{{- .values.kafkaCredentials.existingSecret | default (include "whatsapp-agent.kafka.ownUser" .) | default .root.Values.kafka.security.sasl.existingSecret -}}
{{- end -}}

{{- define "whatsapp-agent.kafka.certificateSecret" -}}
{{- .values.kafkaCredentials.existingSecret | default (include "whatsapp-agent.kafka.ownUser" .) | default .root.Values.kafka.security.clientCertificate.existingSecret -}}
{{- end -}}

{{- define "whatsapp-agent.kafka.byToken" -}}
{{- $security := .Values.kafka.security -}}
{{- if and (hasPrefix "SASL" $security.protocol) (eq $security.sasl.mechanism "OAUTHBEARER") -}}yes{{- end -}}
{{- end -}}

{{/* Who shows everybody's for want of its own: (dict "root" $ "field" "existingSecret"), with commas between. */}}
{{- define "whatsapp-agent.kafka.without" -}}
{{- $without := list -}}
{{- range $key := list "ingressService" "sessionCore" "sender" "fileManager" "crmNotifier" "agentctl" -}}
{{- $values := index $.root.Values $key -}}
{{- if and (dig "enabled" true $values) (not (get $values.kafkaCredentials $.field)) -}}{{- $without = append $without $key -}}{{- end -}}
{{- end -}}
{{- join ", " $without -}}
{{- end -}}

{{/* Does anything that proves who we are go over the line? */}}
{{- define "whatsapp-agent.kafka.hasCredentials" -}}
{{- $security := .Values.kafka.security -}}
{{- if or (hasPrefix "SASL" $security.protocol) $security.sasl.existingSecret $security.oauth.existingSecret $security.clientCertificate.enabled -}}yes{{- end -}}
{{- range list "ingressService" "sessionCore" "sender" "fileManager" "crmNotifier" "agentctl" -}}
{{- if (index $.Values .).kafkaCredentials.existingSecret -}}yes{{- end -}}
{{- end -}}
{{- end -}}

{{/* The name of a topic or group as it is on the cluster: (dict "root" $ "topic" "session-events"). */}}
{{- define "whatsapp-agent.kafka.topic" -}}
{{- printf "%s%s" .root.Values.kafka.topicPrefix .topic -}}
{{- end -}}

{{- define "whatsapp-agent.kafka.strimziNamespace" -}}
{{- .Values.kafka.strimzi.namespace | default .Release.Namespace -}}
{{- end -}}

{{/* The addresses of the cluster, in whatever order they were given. */}}
{{- define "whatsapp-agent.kafka.servers" -}}
{{- splitList "," .Values.kafka.bootstrapServers | sortAlpha | join "," -}}
{{- end -}}

{{/* The topics as domain.topics defines them (files/topics.yaml is written from it); those of crm-notifier once more for each further CRM. */}}
{{- define "whatsapp-agent.kafka.topics" -}}
{{- $topics := .Files.Get "files/topics.yaml" | fromYamlArray -}}
{{- range $topic := $topics -}}
{{- if hasSuffix ".crm-notifier" $topic.name -}}
{{- range $name, $_ := $.Values.crm.further -}}
{{- $topics = append $topics (dict "name" (printf "%s-%s" $topic.name $name) "config" $topic.config) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $topics | toYaml -}}
{{- end -}}
