package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/domains"
	"github.com/microsoftgraph/msgraph-sdk-go/organization"
	"github.com/microsoftgraph/msgraph-sdk-go/subscribedskus"

	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// SubscribedSKUs reads the tenant's licences, keyed by skuId in lower case.
func (c *Client) SubscribedSKUs(ctx context.Context) Outcome {
	builder := subscribedskus.NewSubscribedSkusRequestBuilderInternal(c.path(v1), c.adapter)
	return c.keyed(ctx, "GET /v1.0/subscribedSkus", 3, func(ctx context.Context) (*abstractions.RequestInformation, error) {
		return builder.ToGetRequestInformation(ctx, nil)
	}, permission("LicenseAssignment.Read.All"), "skuId", []string{
		"skuId", "skuPartNumber", "capabilityStatus", "appliesTo", "consumedUnits", "prepaidUnits", "servicePlans",
	})
}

// Domains reads the tenant's domains, keyed by name in lower case.
func (c *Client) Domains(ctx context.Context) Outcome {
	builder := domains.NewDomainsRequestBuilderInternal(c.path(v1), c.adapter)
	properties := []string{"id", "isVerified", "isDefault", "isInitial", "authenticationType"}
	return c.keyed(ctx, "GET /v1.0/domains", 1, func(ctx context.Context) (*abstractions.RequestInformation, error) {
		return builder.ToGetRequestInformation(ctx, &domains.DomainsRequestBuilderGetRequestConfiguration{
			QueryParameters: &domains.DomainsRequestBuilderGetQueryParameters{Select: properties},
		})
	}, permission("Domain.Read.All"), "id", properties)
}

// Organization reads the tenant's own entry. The fact's value is the entity, not a list.
func (c *Client) Organization(ctx context.Context) Outcome {
	const endpoint = "GET /v1.0/organization"
	builder := organization.NewOrganizationRequestBuilderInternal(c.path(v1), c.adapter)
	properties := []string{"id", "displayName", "onPremisesSyncEnabled", "verifiedDomains"}
	o := c.keyed(ctx, endpoint, 1, func(ctx context.Context) (*abstractions.RequestInformation, error) {
		return builder.ToGetRequestInformation(ctx, &organization.OrganizationRequestBuilderGetRequestConfiguration{
			QueryParameters: &organization.OrganizationRequestBuilderGetQueryParameters{Select: properties},
		})
	}, permission("Organization.Read.All"), "id", properties)
	entries, _ := o.Fact.Value.(row)
	o.Fact.Value = nil
	if o.Fact.State != snapshot.Read {
		return o
	}
	if len(entries) != 1 {
		o.Fact = snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Integrity, Detail: fmt.Sprintf("%s: %d organizations in one tenant", endpoint, len(entries))}
		return o
	}
	for _, entry := range entries {
		o.Fact.Value = entry
	}
	return o
}

// SharePointSettings reads how long a deleted user's drive is kept, among others.
func (c *Client) SharePointSettings(ctx context.Context) Outcome {
	return c.single(ctx, wire.SharePoint, "GET /v1.0/admin/sharepoint/settings", "/admin/sharepoint/settings", permission("SharePointTenantSettings.Read.All"),
		[]string{"deletedUserPersonalSiteRetentionPeriodInDays", "isUnmanagedSyncAppForTenantRestricted", "sharingCapability"})
}

// ReportSettings reads whether usage reports conceal names.
func (c *Client) ReportSettings(ctx context.Context) Outcome {
	const endpoint = "GET /v1.0/admin/reportSettings"
	if c.cloud != "global" {
		return unsupported([]string{""}, endpoint, "admin/reportSettings exists in the worldwide cloud only")[""]
	}
	return c.single(ctx, wire.Identity, endpoint, "/admin/reportSettings", permission("ReportSettings.Read.All"), []string{"displayConcealedNames"})
}

// single reads an entity that the tenant has one of.
func (c *Client) single(ctx context.Context, family wire.Family, endpoint, path, needs string, properties []string) Outcome {
	answer, err := c.wire.Do(ctx, wire.Request{
		Family: family, Endpoint: endpoint, Cost: 1,
		Build: c.build(c.information(path+"{?%24select}", nil, map[string]string{"%24select": strings.Join(properties, ",")})),
	})
	if err != nil {
		return Outcome{Fact: unknown(err, needs), From: failed(endpoint, err), Err: err}
	}
	return entity(endpoint, answer, properties)
}

// entity reads an answer that is one object.
func entity(endpoint string, answer wire.Answer, properties []string) Outcome {
	from := snapshot.Provenance{Endpoint: endpoint, At: answer.At, RequestID: answer.RequestID, Attempts: answer.Attempts, Status: answer.Status}
	r, err := decode(answer.Body)
	var value row
	if err == nil {
		value, err = pick(r, properties)
	}
	if err == nil && len(value) == 0 {
		err = errors.New("none of the properties that were asked for")
	}
	if err != nil {
		return Outcome{Fact: malformed(endpoint, err), From: from, Err: err}
	}
	return Outcome{Fact: snapshot.Fact{State: snapshot.Read, Value: value}, From: from}
}

// keyed lists a small collection into an object.
func (c *Client) keyed(ctx context.Context, endpoint string, cost int, info information, needs, key string, properties []string) Outcome {
	value := row{}
	l := c.listing(wire.Identity, endpoint, cost, v1, info)
	list, err := c.wire.List(ctx, l, func(raw json.RawMessage) error {
		r, err := decode(raw)
		if err != nil {
			return err
		}
		clean, err := pick(r, properties)
		if err != nil {
			return err
		}
		name, _ := clean[key].(string)
		if name == "" {
			return fmt.Errorf("a row without %s", key)
		}
		value[strings.ToLower(name)] = clean
		return nil
	})
	o := outcome(endpoint, list, err, needs, nil)
	if err == nil || len(value) > 0 {
		o.Fact.Value = value
	}
	return o
}
