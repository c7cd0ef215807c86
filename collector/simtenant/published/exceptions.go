package published

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	betaSignIns = "/auditLogs/signIns"
	betaSignIn  = "beta.signIn"
)

// exceptions are what the metadata lacks, and documentation that shows that the service has it.
func exceptions(k *kind) {
	text := node{Type: "string", Nullable: true}
	if strings.HasPrefix(k.name, namespace+"unifiedRole") && strings.Contains(k.name, "Assignment") {
		// The samples of learn.microsoft.com/graph/api/rbacapplication-list-roleassignments show it.
		k.properties["resourceScope"] = text
	}
}

// besides are paths that are documented and not in the description, which has those that the client needs.
func besides() map[string]operation {
	object := func(kind string) operation {
		return operation{Parameters: []parameter{{"$select", "query"}, {"$expand", "query"}}, EntityType: namespace + kind}
	}
	return map[string]operation{
		// learn.microsoft.com/graph/api/directory-deleteditems-get
		"/directory/deletedItems/{deletedItem-id}": object("directoryObject"),
		// learn.microsoft.com/graph/api/unifiedroledefinition-get
		"/roleManagement/directory/roleDefinitions/{unifiedRoleDefinition-id}": object("unifiedRoleDefinition"),
	}
}

// hidden tells of an object in a list whose kind the application may not read: its kind and id are there, and
// everything else is null, whether it may be or not:
// learn.microsoft.com/graph/permissions-overview#limited-information-returned-for-inaccessible-member-objects.
func hidden(k kind, row map[string]any) bool {
	if !k.is(namespace+"directoryObject") || len(row) < 3 {
		return false
	}
	for name, value := range row {
		if value != nil && name != "id" && !strings.HasPrefix(name, "@") {
			return false
		}
	}
	return true
}

// addBeta makes the type of beta's sign-ins: that of v1.0, and what Microsoft's sample of beta shows besides, of
// any type. The metadata of beta is not published here.
func (d *Description) addBeta(dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, "examples", "signin-list.beta.json"))
	if err != nil {
		return fmt.Errorf("read Microsoft's sample of beta: %w", err)
	}
	var sample struct {
		Examples []struct {
			Body struct {
				Value []map[string]any `json:"value"`
			} `json:"body"`
		} `json:"examples"`
	}
	if err := json.Unmarshal(data, &sample); err != nil {
		return fmt.Errorf("read Microsoft's sample of beta: %w", err)
	}
	k := d.flatten(namespace + "signIn")
	k.name = betaSignIn
	for _, e := range sample.Examples {
		for _, row := range e.Body.Value {
			for name := range row {
				if _, ok := k.properties[name]; !ok {
					k.properties[name] = node{Nullable: true}
				}
			}
		}
	}
	// learn.microsoft.com/graph/api/resources/signin?view=graph-rest-beta; the sample leaves it out.
	k.properties["signInEventTypes"] = node{Type: "array", Items: &node{Type: "string"}}
	d.kinds[betaSignIn] = k
	return nil
}

// option tells of a query option that a path has although the SDK's templates, and so the description, lack it.
func (p place) option(name, value string) bool {
	switch name {
	case "$skiptoken":
		// Part of a link that the service gave: learn.microsoft.com/graph/paging.
		return p.collection
	case "$deltatoken":
		// Microsoft's OpenAPI leaves state tokens out; learn.microsoft.com/graph/api/user-delta has this one, and
		// learn.microsoft.com/graph/delta-query-overview its value "latest". Others are part of a link.
		return p.template == "/users/delta()" && value != ""
	}
	// The SDK lacks the path; options are those of OData, learn.microsoft.com/graph/query-parameters.
	if p.get.SDK == false {
		switch name {
		case "$count", "$expand", "$filter", "$orderby", "$select", "$skip", "$top":
			return true
		}
	}
	return false
}

// newer tells of a kind of object that is newer than the description, as services add them:
// learn.microsoft.com/graph/best-practices-concept. The simulated tenant has one, which no service has.
func newer(kind string) bool { return strings.HasPrefix(kind, "future") }
