{{/*
What this chart does not install of pods and their names, one sentence a line as in _refusals.tpl.
Most of it the API server would refuse as well, but only after topics and tables were changed.
*/}}

{{- define "whatsapp-agent.refusals.pods" -}}
{{- include "whatsapp-agent.refusals.secrets" . }}
{{- $name := include "whatsapp-agent.fullname" . -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $name) }}
Services would be called {{ $name }}-ingress and the like, and Kubernetes takes only names that begin with a letter and hold small letters, digits and hyphens: set fullnameOverride.
{{- end }}
{{- range $key := list "ingressService" "sessionCore" "sender" "fileManager" "crmNotifier" }}
{{- $values := index $.Values $key }}
{{- if $values.enabled }}
{{- include "whatsapp-agent.refusals.drain" (dict "key" $key "values" $values) }}
{{- include "whatsapp-agent.refusals.stopping" (dict "key" $key "values" $values) }}
{{- include "whatsapp-agent.refusals.replacing" (dict "key" $key "values" $values) }}
{{- include "whatsapp-agent.refusals.variables" (dict "key" $key "values" $values) }}
{{- end }}
{{- end }}
{{- range include "whatsapp-agent.components" . | fromYamlArray }}
{{- if and (eq .key "crmNotifier") $.Values.crmNotifier.enabled }}
{{- include "whatsapp-agent.refusals.crmVariables" (dict "root" $ "name" .name) }}
{{- end }}
{{- end }}
{{- if .Values.fileManager.enabled }}
{{- include "whatsapp-agent.refusals.disk" (dict "values" .Values.fileManager) }}
{{- end }}
{{- if and .Values.sender.enabled (eq .Values.sender.settings.platform "console") (ne .Values.profile "dev") }}
sender.settings.platform console is for profile: dev: replies would count as sent, and reach nobody.
{{- end }}
{{- end -}}

{{/* How many pods a share such as 2 or 50% is, rounded up as Kubernetes does it: (dict "share" "50%" "of" 3). */}}
{{- define "whatsapp-agent.podsOfShare" -}}
{{- $share := toString .share -}}
{{- if hasSuffix "%" $share -}}{{ div (add (mul (trimSuffix "%" $share | int) .of) 99) 100 }}{{- else -}}{{ $share }}{{- end -}}
{{- end -}}

{{- define "whatsapp-agent.refusals.drain" -}}
{{- $pods := include "whatsapp-agent.fewest" .values | int -}}
{{- with .values.pdb }}
{{- if and .enabled (gt $pods 1) }}
{{- if .minAvailable }}
{{- if ge (include "whatsapp-agent.podsOfShare" (dict "share" .minAvailable "of" $pods) | int) $pods }}
{{ $.key }}.pdb.minAvailable {{ .minAvailable }} of {{ $pods }} pods lets none be taken away: no node that has one could ever be drained; take less, or maxUnavailable: 1.
{{- end }}
{{- else if has (toString .maxUnavailable) (list "" "0" "0%") }}
{{ $.key }}.pdb.maxUnavailable {{ .maxUnavailable | toString | quote }} lets no pod be taken away: no node that has one could ever be drained; take 1, or pdb.enabled: false.
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "whatsapp-agent.refusals.stopping" -}}
{{- $needed := add .values.preStopSeconds 10 | int -}}
{{- if lt (int .values.terminationGracePeriodSeconds) $needed }}
{{ .key }}.terminationGracePeriodSeconds {{ .values.terminationGracePeriodSeconds }} leaves less than 10 seconds after preStopSeconds {{ .values.preStopSeconds }}: what is under way would be cut off; take at least {{ $needed }}.
{{- end }}
{{- end -}}

{{/* A StatefulSet takes one away by itself; it has no maxSurge. */}}
{{- define "whatsapp-agent.refusals.replacing" -}}
{{- $strategy := .values.updateStrategy -}}
{{- $none := list "0" "0%" -}}
{{- $rolling := $strategy.rollingUpdate | default dict -}}
{{- if and (eq $strategy.type "RollingUpdate") (has (get $rolling "maxSurge" | toString) $none) (has (get $rolling "maxUnavailable" | toString) $none) }}
{{ .key }}.updateStrategy allows neither a pod more nor a pod fewer: no new version could take the place of the old one; set maxSurge or maxUnavailable to 1.
{{- end }}
{{- end -}}

{{/* Every setting of a service is a value, so a variable of its own could only go around what is refused, or hold a secret. */}}
{{- define "whatsapp-agent.refusals.variables" -}}
{{- $prefix := printf "%s_" (trimSuffix "Service" .key | snakecase | upper) -}}
{{- range .values.extraEnv }}
{{- if or (hasPrefix $prefix .name) (eq .name "PGPASSWORD") }}
{{ $.key }}.extraEnv gives {{ .name }}, which the values say: set it there, or in the Secret that they name.
{{- end }}
{{- end }}
{{- end -}}

{{/* The variables of a CRM's adapter are its own, and what is secret of them lies in a Secret. */}}
{{- define "whatsapp-agent.refusals.crmVariables" -}}
{{- $crm := include "whatsapp-agent.crm" . | fromYaml -}}
{{- $place := ternary "crm" (printf "crm.further.%s" (trimPrefix "crm-notifier-" .name)) (eq .name "crm-notifier") -}}
{{- range $name, $_ := merge (dict) ($crm.variables | default dict) ($crm.secretVariables | default dict) }}
{{- if regexMatch "^(HOST|PORT|INSTANCE_ID|LOG_LEVEL|TOPIC_PREFIX|CRM|NAME|TELL|START|MAP|PRIVATE_NETWORK|(KAFKA|OTLP|WEBHOOK)_.*)$" $name }}
{{ $place }}.variables gives {{ $name }}, which is no adapter's own: say it where the values have it.
{{- end }}
{{- end }}
{{- range $name, $_ := $crm.variables }}
{{- if regexMatch "(TOKEN|SECRET|PASSWORD|PRIVATE_KEY|API_KEY)$" $name }}
{{ $place }}.variables shows {{ $name }} to whoever reads the release: put it into the Secret, and name its key under secretVariables.
{{- end }}
{{- end }}
{{- end -}}

{{/* A pod that takes more of the node's disk than its limit is thrown out, with the files on their way. */}}
{{- define "whatsapp-agent.refusals.disk" -}}
{{- $needed := include "whatsapp-agent.filesOnTheirWay" . | trimSuffix "Mi" | int -}}
{{- $limit := dig "limits" "ephemeral-storage" "" .values.resources | toString -}}
{{- if regexMatch "^[0-9]+[MG]i$" $limit }}
{{- $given := mul (regexFind "^[0-9]+" $limit | int) (ternary 1024 1 (hasSuffix "Gi" $limit)) | int }}
{{- if lt $given $needed }}
fileManager.resources.limits.ephemeral-storage {{ $limit }} is less than the {{ $needed }}Mi that settings.concurrency and settings.maxBytes may take: the pod would be evicted with the files on their way; raise it.
{{- end }}
{{- end }}
{{- end -}}

{{/* All Secrets that pods take variables from, besides those of WhatsApp and PostgreSQL. */}}
{{- define "whatsapp-agent.refusals.secrets" -}}
{{- $security := .Values.kafka.security -}}
{{- $named := dict -}}
{{- if and (hasPrefix "SASL" $security.protocol) (not .Values.kafka.strimzi.users.enabled) -}}
{{- $byToken := include "whatsapp-agent.kafka.byToken" . | eq "yes" -}}
{{- $sasl := list $security.sasl.passwordKey (ternary "" $security.sasl.usernameKey (ne $security.sasl.username "")) -}}
{{- $_ := set $named (ternary $security.oauth.existingSecret $security.sasl.existingSecret $byToken) (ternary (list $security.oauth.clientSecretKey) $sasl $byToken) -}}
{{- range $key := list "ingressService" "sessionCore" "sender" "fileManager" "crmNotifier" "agentctl" -}}
{{- with (index $.Values $key).kafkaCredentials.existingSecret -}}
{{- $_ := set $named . (append (get $named . | default list) (ternary $security.oauth.clientSecretKey $security.sasl.passwordKey $byToken)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with .Values.s3 -}}
{{- if and $.Values.fileManager.enabled (eq .credentials "static") -}}
{{- $_ := set $named .existingSecret (concat (get $named .existingSecret | default list) (list .secretKeys.accessKeyId .secretKeys.secretAccessKey)) -}}
{{- end -}}
{{- end -}}
{{- range include "whatsapp-agent.components" . | fromYamlArray -}}
{{- if and (eq .key "crmNotifier") $.Values.crmNotifier.enabled -}}
{{- $crm := include "whatsapp-agent.crm" (dict "root" $ "name" .name) | fromYaml -}}
{{- $keys := $crm.secretVariables | default dict | values -}}
{{- if eq $crm.kind "webhook" -}}{{- $keys = concat $keys (values $crm.secretKeys) -}}{{- end -}}
{{- $_ := set $named ($crm.existingSecret | default "") (concat (get $named ($crm.existingSecret | default "") | default list) $keys) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.sessionCore.enabled .Values.queryApi.enabled -}}
{{- $secret := .Values.queryApi.existingSecret -}}
{{- $_ := set $named $secret (append (get $named $secret | default list) .Values.queryApi.secretKeys.token) -}}
{{- end -}}
{{- range $secret, $keys := omit $named "" }}
{{- include "whatsapp-agent.refusals.secret" (dict "root" $ "secret" $secret "keys" (uniq $keys)) }}
{{- end }}
{{- end -}}
