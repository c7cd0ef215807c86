package simtenant

import (
	"slices"
	"strings"
	"time"
)

const maxManagedDevices = 1000

func (t *Tenant) listManagedDevices(g *graphCall) (answer, error) {
	return managedDevices(g, t.devices)
}

func (t *Tenant) listManagedDevicesOfUser(g *graphCall) (answer, error) {
	u := t.findUser(g.params[0])
	if u == nil {
		return answer{}, notFound(g.params[0])
	}
	var own []*managedDevice
	for _, d := range t.devices {
		if d.userID == u.id {
			own = append(own, d)
		}
	}
	return managedDevices(g, own)
}

func managedDevices(g *graphCall, devices []*managedDevice) (answer, error) {
	if err := only(g, "$select", "$filter", "$top", "$count"); err != nil {
		return answer{}, err
	}
	if err := selectable(g, "managedDevice", hasKey((&managedDevice{}).row())); err != nil {
		return answer{}, err
	}
	err := checkLogFilter(g.query.filter, map[string]string{
		"userId": "eq", "userPrincipalName": "eq", "id": "eq", "deviceName": "eq", "operatingSystem": "eq", "azureADDeviceId": "eq",
		"easDeviceId": "eq", "serialNumber": "eq", "managementState": "eq", "complianceState": "eq", "lastSyncDateTime": "eq ge le",
		"managedDeviceOwnerType": "eq",
	})
	if err != nil {
		return answer{}, err
	}
	found := devices
	if g.query.filter != nil {
		found = nil
		for _, d := range devices {
			if g.query.filter.match(d.values) {
				found = append(found, d)
			}
		}
	}
	return collection(g, "deviceManagement/managedDevices", found, maxManagedDevices, maxManagedDevices, func(d *managedDevice) map[string]any {
		return pick(d.row(), g.query.selected)
	})
}

func (t *Tenant) getManagedDevice(g *graphCall) (answer, error) {
	if err := only(g, "$select"); err != nil {
		return answer{}, err
	}
	if err := selectable(g, "managedDevice", hasKey((&managedDevice{}).row())); err != nil {
		return answer{}, err
	}
	i := slices.IndexFunc(t.devices, func(d *managedDevice) bool { return d.id == strings.ToLower(g.params[0]) })
	if i < 0 {
		return answer{}, &refusal{status: 404, code: "ResourceNotFound", quiet: true, message: "Device not found: " + g.params[0]}
	}
	return entity(g, "deviceManagement/managedDevices", pick(t.devices[i].row(), g.query.selected))
}

func (d *managedDevice) values(path string) []any {
	switch path {
	case "lastSyncDateTime":
		return []any{d.lastSync}
	case "userId": // the usual question, asked of every device
		return []any{d.userID}
	}
	return []any{d.row()[path]}
}

// when renders a time as Intune does: seven fractional digits, an offset of its own, and the year 1 for never.
func (d *managedDevice) when(at time.Time) string {
	if at.IsZero() {
		return never
	}
	if d.offset == 0 {
		return at.UTC().Format("2006-01-02T15:04:05.0000000Z")
	}
	return at.In(time.FixedZone("", d.offset*3600)).Format("2006-01-02T15:04:05.0000000-07:00")
}

func (d *managedDevice) row() map[string]any {
	actions := []any{}
	for _, a := range d.actions {
		actions = append(actions, map[string]any{
			"actionName": a.name, "actionState": a.state, "startDateTime": d.when(a.started), "lastUpdatedDateTime": d.when(a.lastMoved),
		})
	}
	owner := map[bool]string{true: "personal", false: "company"}[d.personal]
	return map[string]any{
		"id": d.id, "userId": d.userID, "userPrincipalName": d.upn, "userDisplayName": displayName(d.user), "emailAddress": d.upn,
		"deviceName": d.name, "managedDeviceName": d.name, "managedDeviceOwnerType": owner, "operatingSystem": d.os, "osVersion": d.osVersion,
		"managementState": d.state, "complianceState": d.compliance, "managementAgent": d.agent,
		"enrolledDateTime": d.when(d.enrolled), "lastSyncDateTime": d.when(d.lastSync), "deviceActionResults": actions,
		"azureADDeviceId": d.azureID, "azureADRegistered": true, "easActivated": d.easID != "", "easDeviceId": text(d.easID),
		"easActivationDateTime": never, "exchangeAccessState": d.accessState, "exchangeAccessStateReason": d.accessReason,
		"exchangeLastSuccessfulSyncDateTime": never, "complianceGracePeriodExpirationDateTime": "9999-12-31T23:59:59Z",
		"serialNumber": d.serial, "deviceEnrollmentType": "userEnrollment", "deviceRegistrationState": "registered", "jailBroken": "Unknown",
		"isEncrypted": true, "isSupervised": false, "model": "Simulated", "manufacturer": "Example", "imei": "", "meid": "",
		"deviceCategoryDisplayName": "Unknown", "partnerReportedThreatState": "unknown", "totalStorageSpaceInBytes": 0, "freeStorageSpaceInBytes": 0,
		"enrollmentProfileName": "", "notes": nil, "ethernetMacAddress": nil, "physicalMemoryInBytes": 0, "iccid": nil, "udid": nil,
	}
}

func displayName(u *user) any {
	if u == nil {
		return ""
	}
	return u.displayName
}
