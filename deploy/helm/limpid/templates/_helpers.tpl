{{- define "limpid.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "limpid.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains (include "limpid.name" .) .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "limpid.name" .) | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "limpid.selector" -}}
app.kubernetes.io/name: {{ include "limpid.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "limpid.labels" -}}
{{ include "limpid.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "limpid.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}
{{- end }}

{{- define "limpid.scheme" -}}
{{ if .Values.tls.secretName }}HTTPS{{ else }}HTTP{{ end }}
{{- end }}

{{/* How kubelet looks: by HTTP, or where clients show certificates, by the program itself. */}}
{{- define "limpid.probe" -}}
{{- $ := index . 0 }}{{- $path := index . 1 }}
{{- if $.Values.tls.clientCaSecretName }}
exec:
  command: [/usr/bin/limpid, --wait, "5", token, list]
timeoutSeconds: 10
{{- else }}
httpGet:
  path: {{ $path }}
  port: http
  scheme: {{ include "limpid.scheme" $ }}
timeoutSeconds: 5
{{- end }}
{{- end }}
