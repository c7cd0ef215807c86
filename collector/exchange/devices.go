package exchange

import (
	"context"
	"slices"
	"strings"

	"leavercheck/collector/snapshot"
)

func deviceProperties() []string {
	return []string{
		"Guid", "Identity", "DeviceId", "DeviceType", "DeviceModel", "DeviceOS", "FriendlyName", "ClientType", "DeviceAccessState",
		"DeviceAccessStateReason", "FirstSyncTime", "IsManaged", "IsCompliant", "IsDisabled", "WhenChanged",
	}
}

// Devices reads the mobile devices that synchronised a mailbox, each with its statistics, which alone
// tell whether a wipe was acknowledged. A device without statistics makes the fact unknown.
func (c *Client) Devices(ctx context.Context, mailbox map[string]any) Outcome {
	rows, from, err := c.run(ctx, getMobileDevice, map[string]any{"Mailbox": text(mailbox, "ExchangeGuid"), "ResultSize": "Unlimited"}, deviceProperties())
	return c.devicesOf(ctx, mailbox, rows, from, err)
}

// devicesOf makes the fact of the devices of a mailbox, and asks for their statistics if there are any.
func (c *Client) devicesOf(ctx context.Context, mailbox map[string]any, rows []row, from snapshot.Provenance, err error) Outcome {
	if failure := sameMailbox(mailbox, rows, err, getMobileDevice); failure != nil {
		o := rowsFailed(failure, from, needsRole)
		if len(rows) > 0 && err != nil && sameMailbox(mailbox, rows, nil, getMobileDevice) == nil {
			o.Fact.Value = list(rows)
		}
		return o
	}
	slices.SortFunc(rows, func(a, b row) int { return strings.Compare(text(a, "Identity"), text(b, "Identity")) })
	o := Outcome{Fact: snapshot.Fact{State: snapshot.Read, Value: list(rows)}, From: from}
	if len(rows) == 0 {
		return o
	}
	statistics, seen, err := c.run(ctx, "Get-MobileDeviceStatistics", map[string]any{"Mailbox": text(mailbox, "ExchangeGuid")}, []string{
		"DeviceID", "Guid", "Identity", "Status", "StatusNote", "FirstSyncTime", "LastSyncAttemptTime", "LastSuccessSync",
		"DeviceWipeRequestTime", "DeviceWipeSentTime", "DeviceWipeAckTime",
		"AccountOnlyDeviceWipeRequestTime", "AccountOnlyDeviceWipeSentTime", "AccountOnlyDeviceWipeAckTime",
		"LastDeviceWipeRequestor", "LastAccountOnlyDeviceWipeRequestor", "IsRemoteWipeSupported", "DeviceAccessState", "DeviceAccessStateReason",
	})
	seen.Attempts += from.Attempts
	o.From = seen
	if err := sameMailbox(mailbox, statistics, err, "Get-MobileDeviceStatistics"); err != nil {
		part := o.Fact.Value
		o = rowsFailed(err, seen, needsRole)
		o.Fact.Value = part
		return o
	}
	for _, device := range rows {
		own := slices.IndexFunc(statistics, func(s row) bool { return sameDevice(device, s) })
		if own < 0 {
			o.Fact = snapshot.Fact{
				State: snapshot.Unknown, Reason: snapshot.Integrity, Value: o.Fact.Value,
				Detail: "Get-MobileDeviceStatistics has no row for a device of Get-MobileDevice", Needs: "another run",
			}
			continue
		}
		delete(statistics[own], "Identity")
		device["statistics"] = statistics[own]
	}
	return o
}

// sameDevice joins a device to its statistics: by directory object where both have it, else by the
// device's own id, which is unique within a mailbox.
func sameDevice(device, statistics row) bool {
	if a, b := text(device, "Guid"), text(statistics, "Guid"); a != "" && b != "" {
		return strings.EqualFold(a, b)
	}
	id := text(device, "DeviceId")
	return id != "" && strings.EqualFold(id, text(statistics, "DeviceID"))
}
