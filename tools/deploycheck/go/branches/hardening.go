package main

import (
	"fmt"
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

// workload is what Deployments, StatefulSets and Jobs have in common.
type workload struct {
	Kind     string            `json:"kind"`
	Metadata metav1.ObjectMeta `json:"metadata"`
	Spec     struct {
		Template *corev1.PodTemplateSpec `json:"template"`
	} `json:"spec"`
}

// softened tells which pods a namespace that enforces `restricted` would refuse, and why: by the
// very checks of the API server.
func softened(checks policy.Evaluator, files map[string]string) ([]string, error) {
	var found []string
	for name, text := range files {
		if path.Ext(name) != ".yaml" {
			continue
		}
		for _, document := range strings.Split("\n"+text, "\n---") {
			if !strings.Contains(document, "\n  template:") {
				continue
			}
			var item workload
			if err := yaml.Unmarshal([]byte(document), &item); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			if item.Spec.Template == nil {
				continue
			}
			level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
			pod := item.Spec.Template
			verdict := policy.AggregateCheckResults(checks.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec))
			if !verdict.Allowed {
				found = append(found, fmt.Sprintf("%s %s: %s", item.Kind, item.Metadata.Name, verdict.ForbiddenDetail()))
			}
		}
	}
	return found, nil
}
