package simtenant

import (
	"net/http"
	"slices"
	"strings"
)

// run answers a cmdlet.
func (c *cmdletCall) run() (answer, error) {
	switch strings.ToLower(c.name) {
	case "get-mailbox":
		return c.getMailbox()
	case "get-casmailbox":
		return c.getCASMailbox()
	case "get-mailboxstatistics":
		return c.getMailboxStatistics()
	case "get-mailboxpermission":
		return c.getMailboxPermission()
	case "get-recipientpermission":
		return c.getRecipientPermission()
	case "get-mobiledevice":
		return c.getMobileDevice(false)
	case "get-mobiledevicestatistics":
		return c.getMobileDevice(true)
	case "get-inboxrule":
		if c.t.options.WithInboxRuleRole {
			return c.getInboxRule()
		}
	case "get-recipient":
		return c.getRecipient()
	case "get-organizationconfig":
		return c.getOrganizationConfig()
	case "get-transportconfig":
		return c.getTransportConfig()
	}
	if !strings.HasPrefix(strings.ToLower(c.name), "get-") {
		c.t.complain("exchange: %s, but nothing here may be changed", c.name)
		return answer{}, &cmdletError{status: http.StatusForbidden, code: "Forbidden", message: "Access denied: " + c.name}
	}
	return answer{}, c.unrecognised()
}

// take checks that the cmdlet was given no parameter that it lacks.
func (c *cmdletCall) take(parameters ...string) error {
	for name := range c.parameters {
		if !slices.ContainsFunc(parameters, func(p string) bool { return strings.EqualFold(p, name) }) {
			return c.noParameter(name)
		}
	}
	return nil
}

func (c *cmdletCall) flag(name string) bool {
	on, _ := c.parameters[strings.ToLower(name)].(bool)
	return on
}

// target is the value of a parameter that says which object is meant, and whether one was named at all. Exchange
// takes an empty one for none and returns everything: whoever sends one did not mean to.
func (c *cmdletCall) target(name string) (string, bool) {
	value, sent := c.parameters[strings.ToLower(name)]
	identity, _ := value.(string)
	if sent && strings.TrimSpace(identity) == "" {
		c.t.complain("exchange: %s with an empty %s returns everything", c.name, name)
	}
	return strings.TrimSpace(identity), strings.TrimSpace(identity) != ""
}

// find returns the mailboxes that an identity names, in the given states. Of soft-deleted ones there can be several.
func (c *cmdletCall) find(identity string, states ...string) []*mailbox {
	var found []*mailbox
	for _, m := range c.t.mailboxesByName[strings.ToLower(identity)] {
		if slices.Contains(states, m.state) {
			found = append(found, m)
		}
	}
	return found
}

// chosen returns the mailboxes that a parameter names, or all of them when it names none.
func (c *cmdletCall) chosen(parameter string, states ...string) ([]*mailbox, error) {
	identity, named := c.target(parameter)
	if named {
		found := c.find(identity, states...)
		if len(found) == 0 {
			return nil, c.noObject(identity)
		}
		return found, nil
	}
	var all []*mailbox
	for _, m := range c.t.mailboxes {
		if slices.Contains(states, m.state) {
			all = append(all, m)
		}
	}
	return all, nil
}

func (c *cmdletCall) getOrganizationConfig() (answer, error) {
	if err := c.take(); err != nil {
		return answer{}, err
	}
	o := c.t.organisation
	r := row{
		"Name": o.initialDomain, "Identity": o.initialDomain, "DisplayName": o.name, "Guid": guid(c.t.id), "InPlaceHolds": o.holds,
		"EwsEnabled": !c.t.options.EWSForbidden, "OAuth2ClientProfileEnabled": true, "AuditDisabled": false, "DelayedDelicensingEnabled": false,
		"ActivityBasedAuthenticationTimeoutEnabled": true, "ActivityBasedAuthenticationTimeoutInterval": "06:00:00",
		"WhenCreated": o.created, "IsDehydrated": false, "EndUserMailNotificationForDelayedDelicensingEnabled": false,
		"MailTipsAllTipsEnabled": true, "CustomerLockboxEnabled": false,
	}
	return c.respond([]row{r}, keys(r))
}

func (c *cmdletCall) getTransportConfig() (answer, error) {
	if err := c.take(); err != nil {
		return answer{}, err
	}
	r := row{
		"Name": "Transport Settings", "Identity": "Transport Settings", "SmtpClientAuthenticationDisabled": !c.t.options.SMTPAuthAllowed, "MaxReceiveSize": "Unlimited",
		"MaxSendSize": "Unlimited", "AllowLegacyTLSClients": nil,
	}
	return c.respond([]row{r}, keys(r))
}

// keys lists the properties that a row has.
func keys(r row) []string {
	var names []string
	for name := range r {
		names = append(names, name)
	}
	return names
}
