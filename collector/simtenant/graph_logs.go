package simtenant

import (
	"slices"
	"strings"
	"time"
)

const logPage = 1000 // both the default and the maximum

// Entra keeps its logs for 30 days with a premium licence, for 7 without.
const (
	premiumRetention = 30 * 24 * time.Hour
	freeRetention    = 7 * 24 * time.Hour
)

func (t *Tenant) retained(at time.Time) bool {
	span := premiumRetention
	if t.options.WithoutPremium {
		span = freeRetention
	}
	return at.After(t.AsOf().Add(-span))
}

const eventTypes = "signInEventTypes/any"

// listSignIns answers for the sign-in log: interactive sign-ins, unless beta is asked for other kinds.
func (t *Tenant) listSignIns(g *graphCall) (answer, error) {
	if t.options.WithoutPremium {
		return answer{}, notPremium()
	}
	beta := g.version == "beta"
	if err := g.logOptions("signIn", func(name string) bool { return isSignInProperty(name, beta) }, "createdDateTime"); err != nil {
		return answer{}, err
	}
	allowed := map[string]string{
		"id": "eq", "createdDateTime": "eq le ge", "userId": "eq", "userPrincipalName": "eq startswith", "userDisplayName": "eq startswith",
		"appId": "eq", "appDisplayName": "eq startswith", "ipAddress": "eq startswith", "clientAppUsed": "eq", "status/errorCode": "eq",
		"resourceId": "eq", "resourceDisplayName": "eq", "correlationId": "eq",
	}
	if beta {
		allowed[eventTypes] = "eq"
	}
	if err := checkLogFilter(g.query.filter, allowed); err != nil {
		return answer{}, err
	}
	kinds := false
	if g.query.filter != nil {
		g.query.filter.leaves(func(leaf *filter, _ string) { kinds = kinds || leaf.path == eventTypes })
	}
	var found []*signIn
	for _, s := range t.signIns {
		if t.retained(s.at) && (s.interactive || kinds) && (g.query.filter == nil || g.query.filter.match(s.values)) {
			found = append(found, s)
		}
	}
	if g.query.orderBy != "" && !g.query.descending {
		slices.Reverse(found)
	}
	return collection(g, "auditLogs/signIns", found, logPage, logPage, func(s *signIn) map[string]any {
		return pick(s.row(beta), g.query.selected)
	})
}

// listDirectoryAudits answers for the directory's audit log. It needs no premium licence.
func (t *Tenant) listDirectoryAudits(g *graphCall) (answer, error) {
	known := func(name string) bool {
		return slices.Contains([]string{
			"id", "category", "correlationId", "result", "resultReason", "activityDisplayName", "activityDateTime", "loggedByService",
			"operationType", "initiatedBy", "targetResources", "additionalDetails",
		}, name)
	}
	if err := g.logOptions("directoryAudit", known, "activityDateTime"); err != nil {
		return answer{}, err
	}
	err := checkLogFilter(g.query.filter, map[string]string{
		"activityDisplayName": "eq startswith", "activityDateTime": "eq ge le", "loggedByService": "eq",
		"initiatedBy/user/id": "eq", "initiatedBy/user/displayName": "eq", "initiatedBy/user/userPrincipalName": "eq startswith",
		"initiatedBy/app/appId": "eq", "initiatedBy/app/displayName": "eq",
		"targetResources/any/id": "eq", "targetResources/any/displayName": "eq startswith",
	})
	if err != nil {
		return answer{}, err
	}
	var found []*audit
	for _, a := range t.audits {
		if t.retained(a.at) && (g.query.filter == nil || g.query.filter.match(a.values)) {
			found = append(found, a)
		}
	}
	if g.query.orderBy != "" && !g.query.descending {
		slices.Reverse(found)
	}
	return collection(g, "auditLogs/directoryAudits", found, logPage, logPage, func(a *audit) map[string]any {
		return pick(a.row(), g.query.selected)
	})
}

func (g *graphCall) logOptions(kind string, has func(string) bool, orderBy string) error {
	if err := only(g, "$select", "$filter", "$top", "$orderby"); err != nil {
		return err
	}
	if g.query.orderBy != "" && g.query.orderBy != orderBy {
		return badRequest("Sorting by '%s' is not supported.", g.query.orderBy)
	}
	return selectable(g, kind, has)
}

// checkLogFilter allows comparisons joined by "and"; "or" only between kinds of sign-ins.
func checkLogFilter(f *filter, allowed map[string]string) error {
	if f == nil {
		return nil
	}
	good := true
	f.leaves(func(leaf *filter, under string) {
		good = good && slices.Contains(strings.Fields(allowed[leaf.path]), leaf.op)
		good = good && (under == "" || under == "or" && leaf.path == eventTypes)
		if strings.HasSuffix(leaf.path, "DateTime") {
			_, err := time.Parse(time.RFC3339, leaf.values[0])
			good = good && err == nil && !leaf.quoted
		}
	})
	if !good {
		return badRequest("Invalid filter clause")
	}
	return nil
}

func (s *signIn) kind() string {
	if s.interactive {
		return "interactiveUser"
	}
	return "nonInteractiveUser"
}

func (s *signIn) values(path string) []any {
	switch path {
	case "createdDateTime":
		return []any{s.at}
	case eventTypes:
		return []any{s.kind()}
	case "status/errorCode":
		return []any{itoa(s.code)}
	case "id", "correlationId":
		return []any{s.id}
	case "userId":
		return []any{s.user.id}
	case "userPrincipalName":
		return []any{s.upn}
	case "userDisplayName":
		return []any{s.user.displayName}
	case "appId":
		return []any{s.app.id}
	case "appDisplayName":
		return []any{s.app.name}
	case "clientAppUsed":
		return []any{s.app.client}
	case "resourceId":
		return []any{s.app.resourceID}
	case "resourceDisplayName":
		return []any{s.app.resource}
	}
	return []any{signInAddress}
}

const signInAddress = "203.0.113.24"

func isSignInProperty(name string, beta bool) bool {
	s := signIn{user: &user{}}
	_, ok := s.row(beta)[name]
	return ok
}

func (s *signIn) row(beta bool) map[string]any {
	reason := any(nil)
	if s.code != 0 {
		reason = failureReason(s.code)
	}
	row := map[string]any{
		"id": s.id, "createdDateTime": fine(s.at), "userDisplayName": s.user.displayName, "userPrincipalName": strings.ToLower(s.upn),
		"userId": s.user.id, "appId": s.app.id, "appDisplayName": s.app.name, "ipAddress": signInAddress,
		"clientAppUsed": s.app.client, "correlationId": s.id, "conditionalAccessStatus": "notApplied", "isInteractive": s.interactive,
		"riskDetail": "none", "riskLevelAggregated": "none", "riskLevelDuringSignIn": "none", "riskState": "none",
		"riskEventTypes": []string{}, "riskEventTypes_v2": []string{}, "resourceDisplayName": s.app.resource, "resourceId": s.app.resourceID,
		"status": map[string]any{"errorCode": s.code, "failureReason": reason, "additionalDetails": nil},
		"deviceDetail": map[string]any{
			"deviceId": "", "displayName": nil, "operatingSystem": "Ios 19", "browser": "", "isCompliant": nil, "isManaged": nil, "trustType": nil,
		},
		"location": map[string]any{
			"city": "Utrecht", "state": "Utrecht", "countryOrRegion": "NL",
			"geoCoordinates": map[string]any{"altitude": nil, "latitude": 52.09, "longitude": 5.12},
		},
		"appliedConditionalAccessPolicies": []any{},
	}
	if beta {
		for name, value := range map[string]any{
			"signInEventTypes": []string{s.kind()}, "authenticationRequirement": "singleFactorAuthentication", "userAgent": "",
			"originalRequestId": s.id, "tokenIssuerName": "", "tokenIssuerType": "AzureAD", "processingTimeInMilliseconds": 214,
			"authenticationMethodsUsed": []string{}, "servicePrincipalName": nil, "servicePrincipalId": "", "mfaDetail": nil,
			"authenticationProcessingDetails": []any{}, "networkLocationDetails": []any{}, "authenticationDetails": []any{},
			"authenticationRequirementPolicies": []any{},
		} {
			row[name] = value
		}
	}
	return row
}

func failureReason(code int) string {
	switch code {
	case 50057:
		return "The user account is disabled."
	case 50126:
		return "Error validating credentials due to invalid username or password."
	case 50173:
		return "The provided grant has expired due to it being revoked, a fresh auth token is needed."
	}
	return "Other."
}

func (a *audit) values(path string) []any {
	switch path {
	case "activityDateTime":
		return []any{a.at}
	case "targetResources/any/id":
		if a.group != nil {
			return []any{a.target.id, a.group.id}
		}
		return []any{a.target.id}
	case "targetResources/any/displayName":
		return []any{a.target.displayName}
	case "initiatedBy/user/id":
		return []any{a.by.userID}
	case "initiatedBy/user/displayName":
		return []any{a.by.userName}
	case "initiatedBy/user/userPrincipalName":
		return []any{a.by.upn}
	case "initiatedBy/app/appId":
		return []any{a.by.appID}
	case "initiatedBy/app/displayName":
		return []any{a.by.appName}
	case "activityDisplayName":
		return []any{a.activity}
	}
	return []any{a.service}
}

func (a *audit) row() map[string]any {
	changes := []any{}
	for _, c := range a.changes {
		changes = append(changes, map[string]any{"displayName": c[0], "oldValue": text(c[1]), "newValue": text(c[2])})
	}
	var byUser, byApp any
	if a.by.appName != "" {
		byApp = map[string]any{
			"appId": text(a.by.appID), "displayName": a.by.appName, "servicePrincipalId": text(a.by.principalID), "servicePrincipalName": nil,
		}
	} else {
		byUser = map[string]any{
			"id": a.by.userID, "displayName": text(a.by.userName), "userPrincipalName": a.by.upn, "ipAddress": "198.51.100.4",
		}
	}
	targets := []any{map[string]any{
		"id": a.target.id, "displayName": nil, "type": "User", "userPrincipalName": a.targetUPN, "groupType": nil, "modifiedProperties": changes,
	}}
	if a.group != nil {
		targets = append(targets, map[string]any{
			"id": a.group.id, "displayName": nil, "type": "Group", "userPrincipalName": nil, "groupType": "azureAD", "modifiedProperties": []any{},
		})
	}
	return map[string]any{
		"id": a.id, "category": a.category, "correlationId": a.id[len(a.id)-36:], "result": a.result, "resultReason": a.reason,
		"activityDisplayName": a.activity, "activityDateTime": fine(a.at), "loggedByService": a.service, "operationType": a.operation,
		"initiatedBy": map[string]any{"user": byUser, "app": byApp}, "targetResources": targets,
		"additionalDetails": []any{},
	}
}
