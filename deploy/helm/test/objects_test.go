package test

import (
	"fmt"
	"slices"
	"strings"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

// object is one that the chart made, in Kubernetes' own type, or in the shape that is
// used of a type whose module would bring a whole operator.
type object struct {
	kind, name string
	it         any
}

func (o object) String() string { return o.kind + "/" + o.name }

// The used part of the types of KEDA and of External Secrets; a key beyond it is a fault.
type (
	scaledObject struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`
		Spec              struct {
			ScaleTargetRef  struct{ Name string } `json:"scaleTargetRef"`
			MinReplicaCount int32                 `json:"minReplicaCount"`
			MaxReplicaCount int32                 `json:"maxReplicaCount"`
			Triggers        []struct {
				Type              string                 `json:"type"`
				Metadata          map[string]string      `json:"metadata"`
				AuthenticationRef *struct{ Name string } `json:"authenticationRef"`
			} `json:"triggers"`
		} `json:"spec"`
	}
	triggerAuthentication struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`
		Spec              struct {
			SecretTargetRef []struct{ Parameter, Name, Key string } `json:"secretTargetRef"`
		} `json:"spec"`
	}
	externalSecret struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`
		Spec              struct {
			RefreshInterval metav1.Duration             `json:"refreshInterval"`
			SecretStoreRef  struct{ Kind, Name string } `json:"secretStoreRef"`
			Target          struct {
				Name           string `json:"name"`
				CreationPolicy string `json:"creationPolicy"`
			} `json:"target"`
			DataFrom []struct {
				Extract struct{ Key string } `json:"extract"`
			} `json:"dataFrom"`
		} `json:"spec"`
	}
)

var shapes = map[string]func() any{
	"keda.sh/v1alpha1 ScaledObject":          func() any { return &scaledObject{} },
	"keda.sh/v1alpha1 TriggerAuthentication": func() any { return &triggerAuthentication{} },
	"external-secrets.io/v1 ExternalSecret":  func() any { return &externalSecret{} },
}

// strict knows Kubernetes' types and the Prometheus operator's, and refuses unknown keys.
var strict = func() runtime.Decoder {
	if err := monitoring.AddToScheme(scheme.Scheme); err != nil {
		panic(err)
	}
	return serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
}()

// decode reads objects strictly, and says what is wrong with which.
func decode(texts []string) (objects []object, faults []string) {
	for _, text := range texts {
		var head struct {
			metav1.TypeMeta `json:",inline"`
			Metadata        metav1.ObjectMeta `json:"metadata"`
		}
		if err := yaml.Unmarshal([]byte(text), &head); err != nil {
			faults = append(faults, fmt.Sprintf("no YAML: %v\n%s", err, text))
			continue
		}
		if head.Kind == "" {
			continue // comments only
		}
		o := object{kind: head.Kind, name: head.Metadata.Name}
		var err error
		if shape, ok := shapes[head.APIVersion+" "+head.Kind]; ok {
			o.it = shape()
			err = yaml.UnmarshalStrict([]byte(text), o.it)
		} else {
			o.it, _, err = strict.Decode([]byte(text), nil, nil)
		}
		if err != nil {
			faults = append(faults, fmt.Sprintf("%s: %v", o, err))
			continue
		}
		objects = append(objects, o)
	}
	return objects, faults
}

func (o object) template() *corev1.PodTemplateSpec {
	switch it := o.it.(type) {
	case *appsv1.Deployment:
		return &it.Spec.Template
	case *batchv1.Job:
		return &it.Spec.Template
	}
	return nil
}

// pod is empty for what has none.
func (o object) pod() corev1.PodSpec {
	if t := o.template(); t != nil {
		return t.Spec
	}
	return corev1.PodSpec{}
}

func isTrue(b *bool) bool { return b != nil && *b }

// faults are those of a pod: the walls that docker-compose.yml has, and what Kubernetes
// needs to know when a pod is there.
func (o object) faults() (found []string) {
	if o.template() == nil {
		return nil
	}
	add := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	pod := o.pod()
	if s := pod.SecurityContext; s == nil || !isTrue(s.RunAsNonRoot) || s.RunAsUser == nil || *s.RunAsUser == 0 {
		add("it may run as root")
	} else if s.SeccompProfile == nil || s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
		add("it has no seccomp profile")
	}
	if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
		add("it gets a token of the cluster")
	}
	if pod.EnableServiceLinks == nil || *pod.EnableServiceLinks {
		add("it gets the services' variables, which the configuration refuses")
	}
	if pod.HostNetwork || pod.HostPID || pod.HostIPC {
		add("it shares the node's namespaces")
	}
	for _, c := range pod.Containers {
		s := c.SecurityContext
		if s == nil {
			s = &corev1.SecurityContext{}
		}
		if isTrue(s.Privileged) || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation {
			add("%s may gain privileges", c.Name)
		}
		if s.RunAsNonRoot != nil || s.RunAsUser != nil {
			add("%s runs as another user than its pod", c.Name)
		}
		if !isTrue(s.ReadOnlyRootFilesystem) {
			add("%s may write", c.Name)
		}
		if s.Capabilities == nil || !slices.Contains(s.Capabilities.Drop, "ALL") || len(s.Capabilities.Add) > 0 {
			add("%s keeps capabilities", c.Name)
		}
		if c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() || c.Resources.Requests.Memory().IsZero() {
			add("%s has no resources", c.Name)
		}
		if _, tag, ok := strings.Cut(c.Image, ":"); !ok || tag == "" || tag == "latest" {
			add("%s runs %s", c.Name, c.Image)
		}
		if o.kind != "Deployment" {
			continue
		}
		for name, probe := range map[string]*corev1.Probe{"startup": c.StartupProbe, "liveness": c.LivenessProbe, "readiness": c.ReadinessProbe} {
			if probe == nil || probe.HTTPGet == nil {
				add("%s has no %s probe", c.Name, name)
			}
		}
	}
	return found
}

// portFaults are names of ports that no container has, in services and policies that
// select it.
func portFaults(objects []object) (found []string) {
	check := func(o object, selector map[string]string, names ...string) {
		for _, deployment := range objects {
			d, ok := deployment.it.(*appsv1.Deployment)
			if !ok || !selects(selector, d.Spec.Template.Labels) {
				continue
			}
			for _, name := range names {
				if !slices.ContainsFunc(d.Spec.Template.Spec.Containers[0].Ports, func(p corev1.ContainerPort) bool { return p.Name == name }) {
					found = append(found, fmt.Sprintf("%s: %s has no port %s", o, deployment, name))
				}
			}
			return
		}
		found = append(found, fmt.Sprintf("%s selects nothing", o))
	}
	for _, o := range objects {
		switch it := o.it.(type) {
		case *corev1.Service:
			for _, p := range it.Spec.Ports {
				check(o, it.Spec.Selector, p.TargetPort.StrVal)
			}
		case *networkingv1.NetworkPolicy:
			for _, rule := range it.Spec.Ingress {
				for _, p := range rule.Ports {
					check(o, it.Spec.PodSelector.MatchLabels, p.Port.StrVal)
				}
			}
		}
	}
	return found
}

func selects(selector, labels map[string]string) bool {
	for name, value := range selector {
		if labels[name] != value {
			return false
		}
	}
	return len(selector) > 0
}
