{{- define "idjourney.name" -}}
{{- if contains "idjourney" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-idjourney" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "idjourney.selector" -}}
app.kubernetes.io/name: idjourney
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "idjourney.labels" -}}
{{ include "idjourney.selector" . }}
app.kubernetes.io/version: {{ .root.Values.image.tag | default .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "idjourney.config" -}}
{{- $listen := dict "public" ":8080" "api" ":8081" "admin" ":9090" "admin_hosts" (list (printf "%s-starter" (include "idjourney.name" .)) (printf "%s-worker" (include "idjourney.name" .))) }}
{{- toYaml (mergeOverwrite (dict "listen" $listen) (deepCopy .Values.config)) }}
{{- end }}

{{/* What every pod is held to. */}}
{{- define "idjourney.pod" -}}
serviceAccountName: {{ include "idjourney.name" .root }}
automountServiceAccountToken: false
enableServiceLinks: false # their variables begin with IDJOURNEY_, too
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: { type: RuntimeDefault }
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "idjourney.container" -}}
image: "{{ .root.Values.image.repository }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}"
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{- define "idjourney.temporalEnv" -}}
- name: TEMPORAL_ADDRESS
  value: {{ required "temporal.address is host:port of Temporal's frontend" .root.Values.temporal.address | quote }}
- name: TEMPORAL_NAMESPACE
  value: {{ .root.Values.temporal.namespace | quote }}
{{- with .root.Values.temporal.apiKey }}
- name: TEMPORAL_API_KEY
  valueFrom: { secretKeyRef: { name: {{ $.root.Values.secret.name }}, key: {{ . }} } }
{{- end }}
{{- if .root.Values.temporal.tlsSecret }}
- name: TEMPORAL_TLS_CLIENT_CERT_PATH
  value: /run/secrets/temporal/tls.crt
- name: TEMPORAL_TLS_CLIENT_KEY_PATH
  value: /run/secrets/temporal/tls.key
{{- end }}
{{- with .root.Values.temporal.tlsServerName }}
- name: TEMPORAL_TLS_SERVER_NAME
  value: {{ . | quote }}
{{- end }}
{{- end }}

{{- define "idjourney.secretEnv" -}}
{{- range .root.Values.secret.env }}
- name: {{ . }}
  valueFrom: { secretKeyRef: { name: {{ $.root.Values.secret.name }}, key: {{ . }} } }
{{- end }}
{{- end }}

{{/* The environment of starter and worker. */}}
{{- define "idjourney.env" -}}
- name: IDJOURNEY_CONFIG
  value: /etc/idjourney/idjourney.yaml
{{ include "idjourney.temporalEnv" . }}
{{- include "idjourney.secretEnv" . }}
- name: OTEL_SERVICE_NAME
  value: idjourney-{{ .component }}
- name: OTEL_TRACES_EXPORTER
  value: {{ .root.Values.telemetry.otlpEndpoint | empty | ternary "none" "otlp" }}
{{- with .root.Values.telemetry.otlpEndpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ printf "http://%s" . | quote }}
- name: OTEL_EXPORTER_OTLP_PROTOCOL
  value: grpc
{{- end }}
{{- end }}

{{- define "idjourney.mounts" -}}
- { name: config, mountPath: /etc/idjourney, readOnly: true }
{{- if .root.Values.temporal.tlsSecret }}
- { name: temporal-tls, mountPath: /run/secrets/temporal, readOnly: true }
{{- end }}
{{- end }}

{{- define "idjourney.volumes" -}}
- name: config
  configMap: { name: {{ .config }} }
{{- if .root.Values.temporal.tlsSecret }}
- name: temporal-tls
  secret: { secretName: {{ .root.Values.temporal.tlsSecret }}, defaultMode: 0440 }
{{- end }}
{{- end }}
