{{/* Who may speak to whom. */}}

{{/* The port of an address such as https://s3.example:9000/x. */}}
{{- define "whatsapp-agent.port" -}}
{{- $url := urlParse . -}}
{{- if regexMatch ":[0-9]+$" $url.host -}}
{{- regexFind "[0-9]+$" $url.host -}}
{{- else -}}
{{- ternary "80" "443" (eq $url.scheme "http") -}}
{{- end -}}
{{- end -}}

{{/* The ports of a target, as a YAML list: those that the values name, else those that its address says. */}}
{{- define "whatsapp-agent.ports" -}}
{{- $values := .root.Values -}}
{{- $named := (get $values.networkPolicy.egress .target).ports -}}
{{- if $named -}}
{{- $named | toYaml -}}
{{- else if eq .target "kafka" -}}
{{- $ports := list -}}
{{- range splitList "," $values.kafka.bootstrapServers -}}
{{- $ports = append $ports (regexFind "[0-9]+$" (trim .) | default "9092" | int) -}}
{{- end -}}
{{- $ports | uniq | toYaml -}}
{{- else if eq .target "postgresql" -}}
{{- list (int $values.postgresql.port) | toYaml -}}
{{- else if eq .target "clamd" -}}
{{- list (regexFind "[0-9]+$" $values.clamd.address | int) | toYaml -}}
{{- else -}}
{{- $addresses := dict "graph" $values.whatsapp.graphUrl "s3" $values.s3.endpointUrl "otlp" $values.telemetry.otlpEndpoint "oauth" $values.kafka.security.oauth.tokenUrl "crm" "" -}}
{{- list (get $addresses .target | include "whatsapp-agent.port" | int) | toYaml -}}
{{- end -}}
{{- end -}}

{{/* Is a target on the internet, as far as is known? A simulator (no https) and a CRM of a private network are not. */}}
{{- define "whatsapp-agent.outside" -}}
{{- $values := .root.Values -}}
{{- $outside := dict "graph" (hasPrefix "https://" $values.whatsapp.graphUrl) "crm" (not .private) "s3" (not $values.s3.endpointUrl) -}}
{{- if get $outside .target -}}yes{{- end -}}
{{- end -}}

{{/* The one rule that lets a component speak to a target: (dict "root" $ "target" "kafka" "private" false). */}}
{{- define "whatsapp-agent.egress" -}}
{{- $policy := .root.Values.networkPolicy -}}
{{- $outside := include "whatsapp-agent.outside" . | eq "yes" -}}
{{- $to := (get $policy.egress .target).to | default (ternary $policy.internet list $outside) -}}
- ports:
    {{- range include "whatsapp-agent.ports" . | fromYamlArray }}
    - protocol: TCP
      port: {{ int . }}
    {{- end }}
  {{- with $to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* For each network with CRMs that a crm-notifier tells, or that the doctor looks at, whether it is a private one. */}}
{{- define "whatsapp-agent.crm.networks" -}}
{{- $private := list -}}
{{- range $component := include "whatsapp-agent.components" .root | fromYamlArray -}}
{{- if and (eq $component.key "crmNotifier") (has $.name (list "doctor" $component.name)) -}}
{{- $crm := include "whatsapp-agent.crm" (dict "root" $.root "name" $component.name) | fromYaml -}}
{{- if ne $crm.kind "console" -}}{{- $private = append $private $crm.privateNetwork -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- $private | uniq | toYaml -}}
{{- end -}}

{{/* All that a component, or a Job, may speak to. */}}
{{- define "whatsapp-agent.egressRules" -}}
{{- $values := .root.Values -}}
{{- $targets := include "whatsapp-agent.needs" . | splitList " " -}}
{{- if and (has "kafka" $targets) (include "whatsapp-agent.kafka.byToken" .root) -}}
{{- $targets = append $targets "oauth" -}}
{{- end -}}
{{- if and $values.telemetry.otlpEndpoint (not .job) -}}{{- $targets = append $targets "otlp" -}}{{- end -}}
{{- $crms := list -}}
{{- if has "crm" $targets -}}
{{- $targets = without $targets "crm" -}}
{{- $crms = include "whatsapp-agent.crm.networks" . | fromYamlArray -}}
{{- end -}}
{{- if or (eq (include "whatsapp-agent.scan" .root) "off") (not $values.clamd.address) -}}{{- $targets = without $targets "clamd" -}}{{- end -}}
{{- if has "services" $targets }}
- ports:
    - protocol: TCP
      port: http
  to:
    - podSelector:
        matchLabels:
          {{- include "whatsapp-agent.releaseSelector" . | nindent 10 }}
{{- $targets = without $targets "services" }}
{{- end }}
{{- range $targets }}
{{ include "whatsapp-agent.egress" (dict "root" $.root "target" . "private" false) }}
{{- end }}
{{- range $crms }}
{{ include "whatsapp-agent.egress" (dict "root" $.root "target" "crm" "private" .) }}
{{- end }}
{{- with .values.networkPolicy.extraEgress }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* All that may speak to a component. */}}
{{- define "whatsapp-agent.ingressRules" -}}
{{- $from := .root.Values.networkPolicy.from -}}
{{- $doctor := include "whatsapp-agent.selector" (dict "root" .root "name" "doctor") | fromYaml -}}
{{- $http := append $from.metrics (dict "podSelector" (dict "matchLabels" $doctor)) -}}
{{- if eq .name "ingress" -}}{{- $http = concat $http $from.webhook | uniq -}}{{- end -}}
- ports:
    - protocol: TCP
      port: http
  from:
    {{- toYaml $http | nindent 4 }}
{{- if and (eq .name "session-core") .root.Values.queryApi.enabled }}
{{- with $from.queryApi }}
- ports:
    - protocol: TCP
      port: api
  from:
    {{- toYaml . | nindent 4 }}
{{- end }}
{{- end }}
{{- if and (eq .name "file-manager") .root.Values.fileLinks.enabled }}
{{- with $from.fileLinks }}
- ports:
    - protocol: TCP
      port: api
  from:
    {{- toYaml . | nindent 4 }}
{{- end }}
{{- end }}
{{- with .values.networkPolicy.extraIngress }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "whatsapp-agent.egress.dns" -}}
- ports:
    - protocol: UDP
      port: {{ .Values.networkPolicy.dns.port }}
    - protocol: TCP
      port: {{ .Values.networkPolicy.dns.port }}
  {{- with .Values.networkPolicy.dns.to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
