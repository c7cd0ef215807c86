package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// What runs in the pipelines of others cannot be run here whole; that its parts fit together can be seen.

func readYAML(t *testing.T, into any, path ...string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{repository}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// ciStep is a step of an action, a workflow or a pipeline.
type ciStep struct {
	Name, Shell, Run, Bash, Uses, Template string
	Env                                    map[string]string
	With, Parameters                       map[string]any
}

// noExpressions: an expression inside a script would let its value become part of the script.
func noExpressions(t *testing.T, step ciStep) {
	t.Helper()
	if script := step.Run + step.Bash; strings.Contains(script, "${{") || strings.Contains(script, "$(") {
		t.Errorf("%s: an expression stands in the script", step.Name+script)
	}
}

func TestTheActionFitsTheExample(t *testing.T) {
	t.Parallel()
	var action struct {
		Inputs map[string]struct{ Default, Description string }
		Runs   struct {
			Using string
			Steps []ciStep
		}
	}
	readYAML(t, &action, ".github", "actions", "policy", "action.yml")
	if action.Runs.Using != "composite" {
		t.Errorf("using %q", action.Runs.Using)
	}
	for _, step := range action.Runs.Steps {
		if (step.Run != "") != (step.Shell == "bash") {
			t.Errorf("%q: a composite step that runs needs its shell", step.Name)
		}
		noExpressions(t, step)
		for variable, value := range step.Env {
			name := strings.TrimSuffix(strings.TrimPrefix(value, "${{ inputs."), " }}")
			if _, ok := action.Inputs[name]; !ok || !strings.Contains(step.Run, "$"+variable) {
				t.Errorf("%s: %s: %s is no input, or is not used", step.Name, variable, value)
			}
		}
	}
	var workflow struct {
		Jobs map[string]struct{ Steps []ciStep }
	}
	readYAML(t, &workflow, "testdata", "policies-example", ".github", "workflows", "policies.yml")
	used := false
	for _, step := range workflow.Jobs["policies"].Steps {
		if !strings.Contains(step.Uses, "/.github/actions/policy@") {
			continue
		}
		used = true
		for name := range step.With {
			if _, ok := action.Inputs[name]; !ok {
				t.Errorf("the action has no input %q", name)
			}
		}
	}
	if !used {
		t.Error("the example does not use the action")
	}
}

func TestTheAzureTemplateFitsTheExample(t *testing.T) {
	t.Parallel()
	const path = "cmd/leavercheck/deploy/azure-pipelines-policy.yml"
	var template struct {
		Parameters []struct {
			Name    string
			Default any
		}
		Steps []ciStep
	}
	readYAML(t, &template, filepath.FromSlash(path))
	known := map[string]bool{}
	for _, parameter := range template.Parameters {
		known[parameter.Name] = true
	}
	for _, step := range template.Steps {
		noExpressions(t, step)
		for variable, value := range step.Env {
			name := strings.TrimSuffix(strings.TrimPrefix(value, "${{ parameters."), " }}")
			if !known[name] || !strings.Contains(step.Bash, "$"+variable) {
				t.Errorf("%s: %s is no parameter, or is not used", variable, value)
			}
		}
	}
	var pipeline struct{ Steps []ciStep }
	readYAML(t, &pipeline, "testdata", "policies-example", "azure-pipelines.yml")
	at := slices.IndexFunc(pipeline.Steps, func(step ciStep) bool { return strings.HasPrefix(step.Template, path+"@") })
	if at < 0 {
		t.Fatal("the example does not use the template")
	}
	for name := range pipeline.Steps[at].Parameters {
		if !known[name] {
			t.Errorf("the template has no parameter %q", name)
		}
	}
	for _, parameter := range template.Parameters {
		if _, given := pipeline.Steps[at].Parameters[parameter.Name]; !given && parameter.Default == nil {
			t.Errorf("the example does not give %s", parameter.Name)
		}
	}
}

func TestThePreCommitHooksFitTheExample(t *testing.T) {
	t.Parallel()
	var hooks []struct {
		ID, Entry, Language, Files string
		Args                       []string
	}
	readYAML(t, &hooks, ".pre-commit-hooks.yaml")
	entries := map[string]string{}
	for _, hook := range hooks {
		entries[hook.ID] = hook.Entry
		if hook.Language != "golang" || hook.Files == "" || !slices.Equal(hook.Args, []string{"policies"}) {
			t.Errorf("got %+v", hook)
		}
		// What the hook runs is a command of the program.
		cmd, rest, err := newRoot(system{}).Find(strings.Fields(strings.TrimPrefix(hook.Entry, "leavercheck ")))
		if err != nil || len(rest) != 0 || cmd.RunE == nil || cmd.HasSubCommands() {
			t.Errorf("%s: %q is no command: %v", hook.ID, hook.Entry, err)
		}
	}
	var config struct {
		Repos []struct {
			Hooks []struct {
				ID   string
				Args []string
			}
		}
	}
	readYAML(t, &config, "testdata", "policies-example", ".pre-commit-config.yaml")
	for _, hook := range config.Repos[0].Hooks {
		if entries[hook.ID] == "" {
			t.Errorf("there is no hook %q", hook.ID)
		}
	}
}
