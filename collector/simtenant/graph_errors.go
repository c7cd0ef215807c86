package simtenant

import (
	"net/http"
	"strings"
)

const graphJSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"

// graphError is an error body as Graph writes it. Its date has no zone.
func (t *Tenant) graphError(status int, code, message, requestID, clientID string) answer {
	return answer{status: status, body: map[string]any{"error": map[string]any{
		"code":    code,
		"message": message,
		"innerError": map[string]any{
			"date":              t.now().Format("2006-01-02T15:04:05"),
			"request-id":        requestID,
			"client-request-id": clientID,
		},
	}}}
}

// forbidden is the refusal for a missing permission: each service words it in its own way.
func forbidden(family string, missing []string) *refusal {
	switch family {
	case familyLogs:
		return &refusal{
			status: http.StatusForbidden, code: "Authentication_MSGraphPermissionMissing", quiet: true,
			message: "The principal does not have required Microsoft Graph permission(s): " + strings.Join(missing, ",") + " to call this API.",
		}
	case familyOutlook:
		return &refusal{
			status: http.StatusForbidden, code: "ErrorAccessDenied", quiet: true,
			message: "Access is denied. Check credentials and try again.",
		}
	}
	return &refusal{
		status: http.StatusForbidden, code: "Authorization_RequestDenied", quiet: true,
		message: "Insufficient privileges to complete the operation.",
	}
}

func notPremium() *refusal {
	return &refusal{
		status: http.StatusForbidden, code: "Authentication_RequestFromNonPremiumTenantOrB2CTenant", quiet: true,
		message: "Neither tenant is B2C or tenant doesn't have premium license",
	}
}

func notFound(id string) *refusal {
	return &refusal{
		status: http.StatusNotFound, code: "Request_ResourceNotFound", quiet: true,
		message: "Resource '" + id + "' does not exist or one of its queried reference-property objects are not present.",
	}
}

func noMailbox() *refusal {
	return &refusal{
		status: http.StatusNotFound, code: "MailboxNotEnabledForRESTAPI", quiet: true,
		message: "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
	}
}

func noIntune() *refusal {
	return &refusal{
		status: http.StatusBadRequest, code: "BadRequest", quiet: true,
		message: "Request not applicable to target tenant.",
	}
}

// unknownProperty is Graph's answer to a $select that names what the type does not have.
func unknownProperty(name, kind string) *refusal {
	return badRequest("Parsing OData Select and Expand failed: Could not find a property named '%s' on type 'microsoft.graph.%s'.", name, kind)
}
