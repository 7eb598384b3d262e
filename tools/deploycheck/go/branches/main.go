// Command branches renders a chart with many values and tells which way each `if` and `with` of
// its templates went, and which pods are not hardened. It reads scenarios as JSON lines from standard input and answers each with
// one line; the last line lists the branches.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"k8s.io/pod-security-admission/policy"
)

// Scenario is what a chart is rendered with; Cluster holds the objects that `lookup` finds.
// With Compare it is rendered once more without any mark, and nothing may differ.
type Scenario struct {
	Name        string           `json:"name"`
	Release     string           `json:"release"`
	Values      map[string]any   `json:"values"`
	APIVersions []string         `json:"api_versions"`
	Upgrade     bool             `json:"upgrade"`
	Cluster     []map[string]any `json:"cluster"`
	Compare     bool             `json:"compare"`
}

// Answer is what came of a scenario: files by the path of their template, or an error; and the
// pods among them that are not hardened.
type Answer struct {
	Name     string            `json:"name"`
	Files    map[string]string `json:"files"`
	Softened []string          `json:"softened"`
	Error    string            `json:"error"`
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(folder string) error {
	plain, err := loader.Load(folder)
	if err != nil {
		return err
	}
	marked, err := loader.Load(folder)
	if err != nil {
		return err
	}
	branches, err := mark(marked)
	if err != nil {
		return err
	}
	checks, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return err
	}
	answers := json.NewEncoder(os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var scenario Scenario
		if err := json.Unmarshal(lines.Bytes(), &scenario); err != nil {
			return err
		}
		answer := render(marked, scenario, &cluster{objects: scenario.Cluster, branches: branches})
		if scenario.Compare {
			unwatched := render(plain, scenario, &cluster{objects: scenario.Cluster})
			if (answer.Error == "") != (unwatched.Error == "") || !maps.Equal(answer.Files, unwatched.Files) {
				return fmt.Errorf("%s: watching the branches changed the result: %s", scenario.Name, answer.Error)
			}
		}
		if answer.Softened, err = softened(checks, answer.Files); err != nil {
			return fmt.Errorf("%s: %w", scenario.Name, err)
		}
		if err := answers.Encode(answer); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return answers.Encode(map[string]any{"branches": branches})
}

func render(chrt *chart.Chart, scenario Scenario, found *cluster) Answer {
	answer := Answer{Name: scenario.Name}
	release := chartutil.ReleaseOptions{
		Name: scenario.Release, Namespace: "talk", Revision: 1,
		IsUpgrade: scenario.Upgrade, IsInstall: !scenario.Upgrade,
	}
	capabilities := chartutil.DefaultCapabilities.Copy()
	capabilities.APIVersions = append(capabilities.APIVersions, scenario.APIVersions...)
	values, err := chartutil.ToRenderValues(chrt, scenario.Values, release, capabilities)
	if err == nil {
		answer.Files, err = engine.RenderWithClientProvider(chrt, values, found)
	}
	if err != nil {
		answer.Error = err.Error()
	}
	return answer
}
