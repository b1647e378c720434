package deploy

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rendered is one object of the chart.
type rendered struct {
	Template string
	Object   map[string]any
}

func (r rendered) name() string {
	return text(r.Object["kind"]) + " " + text(field(r.Object, "metadata", "name"))
}

func values(t *testing.T, more map[string]any) string {
	t.Helper()
	all := map[string]any{"publicURL": "https://kyc.example", "existingSecret": "keys", "blobs": "s3://openkyc?endpoint=s3.example:443"}
	for name, value := range more {
		all[name] = value
	}
	data, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func render(t *testing.T, more map[string]any) map[string]rendered {
	t.Helper()
	var objects []rendered
	check(t, &objects, "", "render", "helm/openkyc", values(t, more))
	found := map[string]rendered{}
	for _, o := range objects {
		if found[o.name()].Object != nil {
			t.Errorf("%s is there twice", o.name())
		}
		if text(o.Object["apiVersion"]) == "" || o.Object["spec"] == nil || field(o.Object, "metadata", "labels", "app.kubernetes.io/name") != "openkyc" {
			t.Errorf("%s from %s lacks what every object has", o.name(), o.Template)
		}
		found[o.name()] = o
	}
	return found
}

// everything switches on what is off by default.
func everything() map[string]any {
	scaling := map[string]any{"autoscaling": map[string]any{"enabled": true}}
	return map[string]any{"ingress": map[string]any{"enabled": true, "host": "kyc.example", "className": "nginx", "tlsSecret": "tls"},
		"serviceMonitor": map[string]any{"enabled": true, "labels": map[string]any{"release": "prometheus"}}, "serve": scaling, "worker": scaling,
		"trustedProxies": []string{"10.0.0.0/8", "fd00::/8"}, "traces": "http://collector:4318", "imagePullSecrets": []any{map[string]any{"name": "pull"}},
		"networkPolicy": map[string]any{"metricsFrom": []any{map[string]any{"namespaceSelector": map[string]any{}}}},
		"extraEnv":      []any{map[string]any{"name": "OPENKYC_MODEL_IDLE", "value": "-1s"}}}
}

func TestHelmLint(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]map[string]any{"as it is": nil, "everything": everything()} {
		var messages []struct {
			Severity      int
			Path, Message string
		}
		check(t, &messages, "", "lint", "helm/openkyc", values(t, more))
		for _, m := range messages {
			if m.Severity > 1 {
				t.Errorf("%s: %s: %s", name, m.Path, m.Message)
			}
		}
	}
}

func TestHelmObjects(t *testing.T) {
	t.Parallel()
	want := []string{"Deployment openkyc-serve", "Deployment openkyc-worker", "Job openkyc-migrate", "NetworkPolicy openkyc", "PodDisruptionBudget openkyc-serve",
		"PodDisruptionBudget openkyc-worker", "Service openkyc"}
	have := render(t, nil)
	for _, name := range want {
		if have[name].Object == nil {
			t.Errorf("%s is missing", name)
		}
	}
	if len(have) != len(want) {
		t.Errorf("%d objects, want %d", len(have), len(want))
	}
	all := render(t, everything())
	for _, name := range []string{"Ingress openkyc", "HorizontalPodAutoscaler openkyc-serve", "HorizontalPodAutoscaler openkyc-worker", "ServiceMonitor openkyc", "Service openkyc-metrics"} {
		if all[name].Object == nil {
			t.Errorf("%s is missing when it is switched on", name)
		}
	}
	if field(all["Deployment openkyc-worker"].Object, "spec", "replicas") != nil {
		t.Error("a number of replicas fights with the autoscaler")
	}
	if hook := text(field(have["Job openkyc-migrate"].Object, "metadata", "annotations", "helm.sh/hook")); hook != "pre-install,pre-upgrade" {
		t.Errorf("the tables are brought up to date at %q", hook)
	}
	// The Service leads to the doors, and to them only.
	selector, labels := field(have["Service openkyc"].Object, "spec", "selector").(map[string]any), func(name string) any {
		return field(have["Deployment openkyc-"+name].Object, "spec", "template", "metadata", "labels")
	}
	for key, value := range selector {
		if field(labels("serve"), key) != value {
			t.Errorf("the Service misses the doors by %s", key)
		}
	}
	if field(labels("worker"), "app.kubernetes.io/component") == selector["app.kubernetes.io/component"] {
		t.Error("the Service leads to workers, who have no doors")
	}
}

// Every pod runs a command that the program has, with environment that it knows,
// under the restricted standard, and is asked at the metrics' listener.
func TestHelmPods(t *testing.T) {
	t.Parallel()
	for mode, more := range map[string]map[string]any{"as it is": nil, "everything": everything()} {
		pods := 0
		for name, o := range render(t, more) {
			pod, _ := field(o.Object, "spec", "template", "spec").(map[string]any)
			if pod == nil {
				continue
			}
			pods++
			containers := slices.Concat(list(pod["initContainers"]), list(pod["containers"]))
			for _, c := range containers {
				restricted(t, mode+" "+name, pod, c)
			}
			main := list(pod["containers"])[0]
			r := run{where: mode + " " + name, args: texts(field(main, "args")), environment: map[string]string{}}
			for _, e := range list(field(main, "env")) {
				if _, twice := r.environment[text(field(e, "name"))]; twice {
					t.Errorf("%s: %v is set twice", name, field(e, "name"))
				}
				r.environment[text(field(e, "name"))] = text(field(e, "value"))
			}
			r.sound(t)
			mounted(t, name, pod, main, r.environment)
			if r.args[0] == "migrate" {
				continue
			}
			for _, probe := range []string{"startupProbe", "livenessProbe", "readinessProbe"} {
				want := map[string]string{"readinessProbe": "/ready"}[probe]
				if want == "" {
					want = "/health" // a database that is away is no reason to start anew
				}
				if get := field(main, probe, "httpGet"); field(get, "port") != "metrics" || field(get, "path") != want {
					t.Errorf("%s: %s asks %v", name, probe, get)
				}
			}
			if grace, _ := pod["terminationGracePeriodSeconds"].(float64); grace < 30 {
				t.Errorf("%s is killed after %v s, before its work is finished", name, grace)
			}
		}
		if pods != 3 {
			t.Errorf("%d pods", pods)
		}
	}
}

// restricted holds a container against the Pod Security Standard of that name.
func restricted(t *testing.T, where string, pod map[string]any, container any) {
	t.Helper()
	security := pod["securityContext"]
	if field(security, "runAsNonRoot") != true || field(security, "seccompProfile", "type") != "RuntimeDefault" || pod["automountServiceAccountToken"] != false {
		t.Errorf("%s: the pod is not restricted: %v", where, security)
	}
	security = field(container, "securityContext")
	if field(security, "allowPrivilegeEscalation") != false || field(security, "readOnlyRootFilesystem") != true || !slices.Equal(texts(field(security, "capabilities", "drop")), []string{"ALL"}) {
		t.Errorf("%s: %v is not restricted: %v", where, field(container, "name"), security)
	}
	if field(container, "resources", "requests", "cpu") == nil || field(container, "resources", "limits", "memory") == nil {
		t.Errorf("%s: %v has no resources", where, field(container, "name"))
	}
}

// mounted holds that every file that the environment names lies on a mounted volume.
func mounted(t *testing.T, name string, pod map[string]any, container any, environment map[string]string) {
	t.Helper()
	volumes := map[string]bool{}
	for _, v := range list(pod["volumes"]) {
		volumes[text(field(v, "name"))] = true
	}
	var paths []string
	for _, m := range list(field(container, "volumeMounts")) {
		if !volumes[text(field(m, "name"))] {
			t.Errorf("%s mounts %v, which is no volume", name, field(m, "name"))
		}
		paths = append(paths, text(field(m, "mountPath")))
	}
	for key, value := range environment {
		if strings.HasPrefix(value, "/") && !slices.Contains(paths, filepath.Dir(value)) {
			t.Errorf("%s: %s=%s lies on no mounted volume", name, key, value)
		}
	}
}

// What has no sensible default must be given, and the chart says so.
func TestHelmRequires(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"publicURL", "existingSecret", "blobs"} {
		out, err := deploycheck("render", "helm/openkyc", values(t, map[string]any{name: ""}))
		if err == nil || !strings.Contains(out, name+" is needed") {
			t.Errorf("without %s: %v %.300s", name, err, out)
		}
	}
}
