package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"leavercheck/collector"
)

// setupTemplates are what doctor --setup prints, but for the manifest.
//
//go:embed setup
var setupTemplates embed.FS

// setups are the forms in which an application can be set up.
func setups() []string { return []string{"powershell", "azcli", "terraform", "manifest"} }

// setupCloud is how each tool names a cloud.
type setupCloud struct {
	// Graph is Connect-MgGraph's -Environment, Exchange Connect-ExchangeOnline's -ExchangeEnvironmentName.
	Graph, Exchange string
	// Azure is az's name, Terraform the provider's environment.
	Azure, Terraform string
}

// setupClouds: learn.microsoft.com/powershell/microsoftgraph/authentication-commands,
// learn.microsoft.com/powershell/module/exchangepowershell/connect-exchangeonline,
// learn.microsoft.com/cli/azure/manage-clouds-azure-cli, registry.terraform.io/providers/hashicorp/azuread.
func setupClouds() map[string]setupCloud {
	return map[string]setupCloud{
		"global": {"Global", "O365Default", "AzureCloud", "global"},
		"usgov":  {"USGov", "O365USGovGCCHigh", "AzureUSGovernment", "usgovernmentl4"},
		"dod":    {"USGovDoD", "O365USGovDoD", "AzureUSGovernment", "usgovernmentl5"},
		"china":  {"China", "O365China", "AzureChinaCloud", "china"},
	}
}

// setupService is a service and the permissions on it.
type setupService struct {
	Name, AppID string
	// Key is the service's name in identifiers.
	Key         string
	Permissions []collector.Permission
}

// setupData is what the templates fill in. None of it comes from outside this program.
type setupData struct {
	Cloud    string
	Names    setupCloud
	Services []setupService
	// Cmdlets are what the application runs in Exchange.
	Cmdlets []string
}

// printSetup prints what creates the application. It asks nobody.
func (d *doctorFlags) printSetup(sys system, cloud string) error {
	if !slices.Contains(setups(), d.setup) {
		return usagef("--setup %q is none of %s", d.setup, strings.Join(setups(), ", "))
	}
	if _, err := collector.LookupCloud(cloud); err != nil {
		return usagef("--cloud: %w", err)
	}
	text, err := setupText(d.setup, cloud)
	if err != nil {
		return err
	}
	if d.setup == "manifest" {
		fmt.Fprintln(sys.stderr, manifestNote(cloud))
	}
	_, err = sys.stdout.Write(text)
	return err
}

// manifestNote says what a manifest cannot.
func manifestNote(cloud string) string {
	note := "leavercheck: this is the part of the application's manifest that names permissions. " +
		"Consent, the certificate and the role in Exchange are not in it: --setup powershell has them."
	if cloud != "global" {
		note += " The ids are those of the worldwide cloud; Microsoft publishes none for " + cloud + ". The other forms look them up by name."
	}
	return note
}

func setupText(form, cloud string) ([]byte, error) {
	data := setupFor(cloud)
	if form == "manifest" {
		return data.manifest()
	}
	name := map[string]string{"powershell": "powershell.ps1", "azcli": "azcli.sh", "terraform": "terraform.tf"}[form]
	parsed, err := template.New(name).ParseFS(setupTemplates, "setup/"+name)
	if err != nil {
		return nil, fmt.Errorf("setup for %s: %w", form, err)
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, data); err != nil {
		return nil, fmt.Errorf("setup for %s: %w", form, err)
	}
	return out.Bytes(), nil
}

func setupFor(cloud string) setupData {
	data := setupData{Cloud: cloud, Names: setupClouds()[cloud], Cmdlets: collector.Cmdlets()}
	for _, p := range collector.PermissionsIn(cloud) {
		at := slices.IndexFunc(data.Services, func(s setupService) bool { return s.AppID == p.Resource.AppID })
		if at < 0 {
			key := "graph"
			if len(data.Services) > 0 {
				key = "exchange"
			}
			data.Services = append(data.Services, setupService{Name: p.Resource.Name, AppID: p.Resource.AppID, Key: key})
			at = len(data.Services) - 1
		}
		data.Services[at].Permissions = append(data.Services[at].Permissions, p)
	}
	return data
}

// manifest is the application's requiredResourceAccess
// (learn.microsoft.com/entra/identity-platform/reference-microsoft-graph-app-manifest).
func (s setupData) manifest() ([]byte, error) {
	type access struct {
		ID   string `json:"id"`
		Type string `json:"type"`
	}
	type required struct {
		AppID  string   `json:"resourceAppId"`
		Access []access `json:"resourceAccess"`
	}
	var out struct {
		Required []required `json:"requiredResourceAccess"`
	}
	for _, service := range s.Services {
		r := required{AppID: service.AppID}
		for _, p := range service.Permissions {
			r.Access = append(r.Access, access{p.ID, "Role"})
		}
		out.Required = append(out.Required, r)
	}
	text, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("setup for manifest: %w", err)
	}
	return append(text, '\n'), nil
}
