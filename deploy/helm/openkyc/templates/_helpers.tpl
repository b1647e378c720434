{{- define "openkyc.name" -}}
{{- if contains "openkyc" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-openkyc" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "openkyc.selector" -}}
app.kubernetes.io/name: openkyc
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "openkyc.labels" -}}
{{ include "openkyc.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "openkyc.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "openkyc.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "openkyc.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* The program refuses a master key that a group may read, and a mounted Secret
     is readable for the pod's group: so the key is copied, in memory, to a file
     of the program's own. */}}
{{- define "openkyc.keys" -}}
- name: keys
  image: {{ include "openkyc.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: [install, -m, "0400", /secret/master.key, /keys/master.key]
  securityContext:
    {{- include "openkyc.security" . | nindent 4 }}
  resources:
    requests: {cpu: 10m, memory: 16Mi}
    limits: {memory: 64Mi}
  volumeMounts:
    - {name: secret, mountPath: /secret, readOnly: true}
    - {name: keys, mountPath: /keys}
{{- end }}

{{- define "openkyc.volumes" -}}
- name: secret
  secret: {secretName: {{ required "existingSecret is needed: a Secret with database, master.key, s3-access-key and s3-secret-key" .Values.existingSecret }}, defaultMode: 0440}
- name: keys
  emptyDir: {medium: Memory, sizeLimit: 1Mi}
- name: tmp
  emptyDir: {sizeLimit: 256Mi}
{{- end }}

{{- define "openkyc.mounts" -}}
- {name: secret, mountPath: /secret, readOnly: true}
- {name: keys, mountPath: /keys, readOnly: true}
- {name: tmp, mountPath: /tmp}
{{- end }}

{{/* Where everything is kept: the same for all commands. */}}
{{- define "openkyc.place" -}}
- {name: OPENKYC_DATABASE_FILE, value: /secret/database}
- {name: OPENKYC_BLOBS, value: {{ required "blobs is needed: s3://BUCKET?endpoint=HOST:PORT" .Values.blobs | quote }}}
- {name: OPENKYC_S3_ACCESS_KEY_FILE, value: /secret/s3-access-key}
- {name: OPENKYC_S3_SECRET_KEY_FILE, value: /secret/s3-secret-key}
- {name: OPENKYC_MASTER_KEY_FILE, value: /keys/master.key}
{{- end }}

{{/* What serve and worker share. */}}
{{- define "openkyc.node" -}}
{{ include "openkyc.place" . }}
- {name: OPENKYC_NO_MIGRATE, value: "true"}
- {name: OPENKYC_METRICS, value: ":9090"}
- {name: OPENKYC_LOG_LEVEL, value: {{ .Values.logLevel | quote }}}
{{- with .Values.traces }}
- {name: OPENKYC_TRACES, value: {{ . | quote }}}
{{- end }}
{{- end }}

{{/* The metrics' listener, so that the public sees none of it. */}}
{{- define "openkyc.probes" -}}
startupProbe:
  httpGet: {path: /health, port: metrics}
  periodSeconds: 1
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /health, port: metrics}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /ready, port: metrics}
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 2
{{- end }}
