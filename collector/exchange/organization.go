package exchange

import (
	"context"

	"leavercheck/collector/snapshot"
)

// Organization reads the settings that hold for every mailbox: OrganizationConfig and TransportConfig,
// under those names. What could be read stays beside an unknown fact.
func (c *Client) Organization(ctx context.Context) Outcome {
	value := row{}
	var out Outcome
	for _, part := range []struct {
		name, cmdlet string
		properties   []string
	}{
		{"OrganizationConfig", "Get-OrganizationConfig", []string{"InPlaceHolds", "EwsEnabled", "DelayedDelicensingEnabled", "OAuth2ClientProfileEnabled", "AuditDisabled"}},
		{"TransportConfig", "Get-TransportConfig", []string{"SmtpClientAuthenticationDisabled"}},
	} {
		rows, from, err := c.run(ctx, part.cmdlet, map[string]any{}, part.properties)
		o := one(rows, from, err, func(row) error { return nil })
		if o.Fact.State == snapshot.Absent {
			o.Fact = contradiction("%s: no row", part.cmdlet)
		}
		if o.Fact.State == snapshot.Read {
			value[part.name] = o.Fact.Value
		}
		if out.Fact.State != snapshot.Unknown {
			out = o
		}
	}
	out.Fact.Value = value
	return out
}
